"""A model in a ``.keras`` or legacy ``.h5`` file, for its layers alone: nothing is run, and weights are not read.

Such a file says by names which classes and functions Keras is to look up, and Keras imports what they name. So each
name is looked up here first, in a table of what a design can have; whatever else the file names is refused with the
layer that it stands in. Files that Larq wrote under Keras 2 name Larq's classes, in whose place ours are taken; a
legacy ``.h5`` file says no modules, so that a name is ours, if we have it, or else Keras'.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

import bnn_designer.nn as ours
from bnn_designer.errors import BnnDesignerError, BrokenRule
from bnn_designer.larq.saved_config import MEND, saved_config
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.read_layers import LAYERS
from bnn_designer.nn.reading import NotADesign
from bnn_designer.nn.unread_layers import no_such_layer

_SMALL = (keras.initializers.Initializer, keras.regularizers.Regularizer, keras.constraints.Constraint)
#: Classes of Keras, by name: layers that designs have, what holds layers, and what layers have for arguments.
_OF_KERAS: dict[str, type] = {
    **{kind.__name__: kind for kind in LAYERS if kind.__module__.startswith("keras.")},
    **{kind.__name__: kind for kind in (keras.Sequential, keras.layers.InputLayer, keras.DTypePolicy)},
    "Functional": keras.Model,
    "Model": keras.Model,  # as Keras before 2.3 calls it
    **{
        name: kind
        for module in (keras.initializers, keras.regularizers, keras.constraints)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, _SMALL)
    },
}
#: Classes of ours, by name, which are also those of Larq's; ``weight_clip`` is Larq's older spelling.
_OF_OURS: dict[str, type] = {
    **{kind.__name__: kind for kind in LAYERS if not kind.__module__.startswith("keras.")},
    **{
        name: kind
        for name, kind in vars(ours).items()
        if isinstance(kind, type) and issubclass(kind, (ours.quantizers.Quantizer, *_SMALL))
    },
    "weight_clip": ours.WeightClip,
}
_FUNCTIONS = (*vars(keras.activations), "ste_sign", "approx_sign", "swish_sign", "ste_heaviside", "ste_tern")
#: What Keras 2 writes that Keras 3 does not take.
_ONLY_KERAS_2 = ("batch_input_shape", "shared_object_id")


def model_in_file(path: Path) -> keras.Model:
    """The model that a ``.keras`` or ``.h5`` file describes, with new weights.

    Raises:
        BnnDesignerError: there is no such file, or it is none that Keras wrote.
        NotADesign: it names layers that no design has, or functions of somebody's own; its ``problems`` name each.
    """
    config = saved_config(path)
    check = _Check()
    try:
        safe = check.object(config, "")
    except RecursionError:
        raise BnnDesignerError(f"{path}: its description is nested too deeply. {MEND}.") from None
    if check.problems:
        raise NotADesign(path.name, check.problems)
    try:
        model = keras.saving.deserialize_keras_object(safe, safe_mode=True)
    except BnnDesignerError:
        raise
    except Exception as error:  # whatever Keras raises, it is the file that says so
        # Keras wraps what a layer says in the configuration of everything around it.
        first = " ".join(str(error).rpartition("Exception encountered: ")[2].split())[:300].rstrip(".")
        raise BnnDesignerError(
            f"{path}: Keras cannot make the model that it describes: {first}. Save it anew with model.save()."
        ) from error
    if not isinstance(model, keras.Model):
        raise BnnDesignerError(f"{path}: it describes no model. Save the whole of it with model.save().")
    return model


class _Check:
    """Goes through a configuration and writes it anew with classes of the tables alone."""

    def __init__(self) -> None:
        self.problems: list[BrokenRule] = []

    def object(self, value: Any, where: str) -> Any:
        """The value as Keras may have it; ``where`` is the layer that it stands in."""
        if isinstance(value, list):
            return [self.object(one, where) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"value"} and any(
            isinstance(one, str) for one in _listed(value["value"])
        ):  # the code of a lambda
            self._unknown("__lambda__", "", where)
            return None
        if "class_name" not in value:
            return {key: self.object(one, where) for key, one in value.items() if key not in _ONLY_KERAS_2}
        kind, module = str(value["class_name"]), str(value.get("module", ""))
        config: Any = value.get("config")
        if kind == "__keras_tensor__":
            return {"class_name": kind, "config": config}
        if kind == "function":
            return self._function(value, where)
        if module == "keras.src.ops.numpy" and kind == "Add":  # x + y
            return self._written(value, module, kind, "Add", where)
        found = _class(kind, module)
        is_layer = isinstance(config, dict) and ("inbound_nodes" in value or "trainable" in config)
        named = str(config["name"]) if is_layer and "name" in config else ""
        if found is None:
            self._unknown(kind, named, where)
            return None
        inner = where or (named if issubclass(found, keras.layers.Layer) and not _holds(found) else "")
        if found is keras.Model:
            return self._written(value, "keras.src.models.functional", "Functional", "Functional", inner)
        if found.__module__.startswith("keras."):
            return self._written(value, _module(found), found.__name__, None, inner)
        return self._written(
            value, found.__module__, found.__name__, f"{ours.quantizers.PACKAGE}>{found.__name__}", inner
        )

    def _written(
        self, value: dict[str, Any], module: str, kind: str, registered: str | None, where: str
    ) -> dict[str, Any]:
        """What Keras 3 writes of such a class, with what the file says of its arguments and connections."""
        written = {"module": module, "class_name": kind, "registered_name": registered}
        kept = ["name", "inbound_nodes", *(["build_config"] if kind == "Sequential" else [])]
        written |= {key: self.object(value[key], where) for key in kept if key in value}
        config: Any = value.get("config")
        arguments = self.object(config, where) if isinstance(config, dict) else {}
        if isinstance(arguments.get("axis"), list) and len(arguments["axis"]) == 1:  # a batch norm of Keras 2
            arguments["axis"] = arguments["axis"][0]
        if "DepthwiseConv2D" in kind and arguments.get("groups") == 1:  # the same
            del arguments["groups"]
        if kind == "InputLayer" and "batch_input_shape" in config:
            arguments["batch_shape"] = config["batch_input_shape"]
        return {**written, "config": arguments}

    def _function(self, value: dict[str, Any], where: str) -> Any:
        name = value.get("config")
        if isinstance(name, str) and name in _FUNCTIONS and name[0] != "_":
            return name
        self._unknown(f"the function {name!r}" if isinstance(name, str) else "a function", "", where)
        return None

    def _unknown(self, kind: str, layer: str, where: str) -> None:
        if layer:
            known = sorted({one.__name__ for one in LAYERS})
            self.problems.append(no_such_layer(kind, f"{kind} '{layer}'", known))
            return
        what = "a function of its own (a lambda)" if kind.startswith("__") else kind
        self.problems.append(
            LayerError(
                f"layer '{where}'" if where else "the model",
                f"it has {what}, and nothing that a file brings along is run",
                "Use layers, quantizers and functions that Keras or this package has",
            )
        )


def _class(kind: str, module: str) -> type | None:
    """The class that a file means; None: none that a design can have. A legacy file says no module."""
    room = module.partition(".")[0]
    if not room:
        name = kind.removeprefix("Larq>").removeprefix(f"{ours.quantizers.PACKAGE}>")
        return _OF_OURS.get(name) or _OF_KERAS.get(name)
    if room == "keras":
        return _OF_KERAS.get(kind)
    return _OF_OURS.get(kind) if room in ("bnn_designer", "larq") else None


def _module(kind: type) -> str:
    """Keras' public module that has a class of :data:`_OF_KERAS`."""
    if getattr(keras, kind.__name__, None) is kind:
        return "keras"
    rooms = ("layers", "initializers", "regularizers", "constraints")
    return next(f"keras.{room}" for room in rooms if getattr(getattr(keras, room), kind.__name__, None) is kind)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _holds(kind: type) -> bool:
    """Whether a class holds layers."""
    return kind in (keras.Model, keras.Sequential)
