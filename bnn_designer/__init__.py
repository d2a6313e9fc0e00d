"""Design, cost, train and run binarized neural networks.

Programs take ``from bnn_designer import Network, build_model, cost, export, pack, train``. The names are those of
:mod:`bnn_designer.api`, loaded when one is asked for, so that the import of this package takes no time. docs/api.md has
each of them.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bnn_designer.api import Network, build_model, cost, export, pack, train

__all__ = ["Network", "__version__", "build_model", "cost", "export", "pack", "train"]
__version__ = "0.1.0"


class CallableRoom(ModuleType):
    """The package of a room that shares its name with a function of the interface: called, it is that function.

    Python makes a package that was imported an attribute of the one it stands in. So ``bnn_designer.cost`` is the
    package, whatever this module says, and without this it would depend on who imported what before.
    """

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return getattr(import_module("bnn_designer.api"), self.__name__.rpartition(".")[2])(*arguments, **named)


def __getattr__(name: str) -> Any:
    if name in ("cost", "export"):
        return import_module(f"{__name__}.{name}")
    if name in __all__:
        return getattr(import_module("bnn_designer.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
