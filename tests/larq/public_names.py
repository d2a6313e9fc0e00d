"""Run by Larq's own Python: the public names of Larq with their arguments, as JSON.

    BNN_LARQ_PYTHON tests/larq/public_names.py > tests/larq/larq_names.json

A name is public if Larq defines it in a module that ``import larq`` brings, under a name without an underscore.
"""

from __future__ import annotations

import inspect
import json
import sys
import types
from typing import Any


def arguments(thing: Any) -> list[list[Any]] | None:
    """Names and defaults of what it takes, without ``*args``, ``**kwargs``; None where it is not called."""
    if not callable(thing) or isinstance(thing, types.UnionType):
        return None
    parameters = inspect.signature(thing).parameters.values()
    named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    return [[one.name, "required" if one.default is one.empty else one.default] for one in named]


def attributes(thing: Any) -> list[str]:
    """What a class of Larq's own adds to those that it is derived from."""
    if not isinstance(thing, type):
        return []
    own = [vars(kind) for kind in thing.__mro__ if kind.__module__.startswith("larq.")]
    inherited = [set(dir(kind)) for kind in thing.__mro__ if not kind.__module__.startswith("larq.")]
    return sorted({name for found in own for name in found if name[0] != "_"} - set().union(*inherited))


def main() -> None:
    """Prints the names."""
    import larq

    found: dict[str, dict[str, Any]] = {}
    for module_name, module in sorted(vars(larq).items()):
        if not isinstance(module, types.ModuleType) or not module.__name__.startswith("larq."):
            continue
        for name, thing in sorted(vars(module).items()):
            own = getattr(thing, "__module__", module.__name__) == module.__name__
            if name[0] == "_" or not own or not (callable(thing) or type(thing) is tuple):
                continue
            found.setdefault(module_name, {})[name] = {"arguments": arguments(thing), "attributes": attributes(thing)}
    lines = [f'"source": {json.dumps("larq 0.14.0, TensorFlow 2.15; python tests/larq/public_names.py")}']
    lines += [f"{json.dumps(module)}: {json.dumps(names, sort_keys=True)}" for module, names in found.items()]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
