"""Weights in a legacy ``.h5`` file, as Keras 2 and so Larq wrote them, into a model whose layers have the same names.

Such a file has a group a layer, with the names of its weights in order in ``weight_names``; a whole model has these
under ``model_weights``. Datasets are read only after their shapes fit, and from this file alone: links to other files,
which HDF5 has too, are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from bnn_designer.errors import BnnDesignerError, BrokenRule
from bnn_designer.files import open_file
from bnn_designer.nn.errors import LayerError
from bnn_designer.units import shape_text

_MODEL_ITSELF = "top_level_model_weights"


class WeightsDoNotFit(BnnDesignerError, ValueError):  # noqa: N818 - what the file is
    """A file whose weights are others than the model's; ``problems`` names every layer and weight."""

    def __init__(self, path: Path, problems: Sequence[BrokenRule]) -> None:
        lines = "".join(f"\n- {problem}" for problem in problems)
        super().__init__(f"{path}: its weights do not fit the model, which stays as it was.{lines}")
        self.problems = tuple(problems)


def load_weights(model: keras.Model, path: str | Path, partial: bool = False) -> None:
    """Gives a model the weights of a legacy ``.h5`` file, layer by layer under the same name; all of them or none.

    Args:
        model: built; models inside it have one name in the file, as Keras 2 has it.
        path: what ``model.save_weights("x.h5")`` or ``model.save("x.h5")`` of Keras 2 wrote.
        partial: layers that only the file or only the model has are passed over, as for another classifier.

    Raises:
        BnnDesignerError: the file cannot be read, or has no such weights.
        LayerError: the model is not built.
        WeightsDoNotFit: some layers or weights are missing, or have other shapes; names each.
    """
    path = Path(path)
    if not model.built:
        raise LayerError(
            f"model '{model.name}'", "it is not built, so it has no weights yet", "Call model.build() first"
        )
    try:
        open_file(path).close()  # HDF5 would wait for what comes out of a pipe
        with h5py.File(path, "r") as file:
            saved = _saved_layers(file, path)
            fit = _Fit(saved, partial)
            for layer in model.layers:
                fit.take(layer)
            fit.say_what_is_left()
            if fit.problems:
                raise WeightsDoNotFit(path, fit.problems)
            # Read before anything is assigned: a damaged file leaves the model as it was.
            values = [np.asarray(dataset) for _, dataset in fit.pairs]
    except FileNotFoundError:
        raise BnnDesignerError(f"{path}: there is no such file. Check the path.") from None
    except BnnDesignerError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # what h5py makes of damage
        first = str(error).partition("\n")[0].strip("'\"")
        raise BnnDesignerError(f"{path}: it is damaged or no HDF5 file: {first}. Save the weights anew.") from error
    for (variable, _), value in zip(fit.pairs, values, strict=True):
        variable.assign(value)


#: A weight of the file: the name that it has there, and its dataset.
_Saved = tuple[str, Any]


def _saved_layers(file: Any, path: Path) -> dict[str, list[_Saved]]:
    """The weights of each layer of the file, in order."""
    top = file if "layer_names" in file.attrs or "layer_names0" in file.attrs else _inner(file, "model_weights")
    if not isinstance(top, h5py.Group) or not _names(top, "layer_names"):
        newer = isinstance(_inner(file, "layers"), h5py.Group)
        why = "has the newer layout, without the names of layers" if newer else "has no weights of a Keras model"
        raise BnnDesignerError(
            f"{path}: it {why}. In Larq write model.save_weights('weights.h5', save_format='h5'); what Keras 3 wrote, "
            "model.load_weights() reads."
        )
    found = {}
    for name in [*_names(top, "layer_names"), _MODEL_ITSELF]:
        group = _inner(top, name)
        if isinstance(group, h5py.Group):
            found[name] = [(one, _inner(group, one)) for one in _names(group, "weight_names")]
    return found


def _names(group: Any, attribute: str) -> list[str]:
    """A list of names, which is in several attributes where it is long."""
    parts = [attribute] if attribute in group.attrs else []
    while not (parts and parts[0] == attribute) and f"{attribute}{len(parts)}" in group.attrs:
        parts.append(f"{attribute}{len(parts)}")
    names = [name for part in parts for name in np.asarray(group.attrs[part]).ravel()]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _inner(group: Any, path: str) -> Any:
    """What a group has under a path, if that is in this file; else None."""
    for part in path.split("/"):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(part, getlink=True), h5py.HardLink):
            return None
        group = group[part]
    outside = isinstance(group, h5py.Dataset) and (group.external or group.is_virtual)
    return None if outside else group


class _Fit:
    """Finds each variable's dataset, and notes where there is none."""

    def __init__(self, saved: dict[str, list[_Saved]], partial: bool) -> None:
        self._left = dict(saved)
        self._partial = partial
        self.pairs: list[tuple[Any, Any]] = []
        self.problems: list[BrokenRule] = []

    def take(self, layer: keras.layers.Layer) -> None:
        """The weights of one layer."""
        # The order of Keras 2: those that are trained first.
        variables = [*layer.trainable_weights, *layer.non_trainable_weights]
        saved = self._left.pop(layer.name, None)
        if saved is None and variables and not self._partial:
            near = get_close_matches(layer.name, self._left, 1)
            mend = f"The file has '{near[0]}': give the layer that name" if near else "Give it the name that it had"
            self._problem(layer.name, "the file has no layer of this name", f"{mend}, or pass partial=True")
        for variable, (name, dataset) in self._matched(layer, variables, saved or []):
            self._pair(layer, variable, name, dataset)

    def _matched(
        self, layer: keras.layers.Layer, variables: list[Any], saved: list[_Saved]
    ) -> list[tuple[Any, _Saved]]:
        """By name where each has one of its own, else by order."""
        for parts in (2, 1):
            mine, theirs = (_keys(names, parts) for names in ([one.path for one in variables], [n for n, _ in saved]))
            if len(set(mine)) == len(mine) and sorted(mine) == sorted(theirs):
                return [(variable, saved[theirs.index(key)]) for variable, key in zip(variables, mine, strict=True)]
        if len(saved) == len(variables):
            return list(zip(variables, saved, strict=True))
        if saved:
            mine, theirs = (_keys(names, 1) for names in ([one.path for one in variables], [n for n, _ in saved]))
            self._problem(
                layer.name,
                f"the file has the weights {', '.join(theirs)}, and the model {', '.join(mine) or 'none'}",
                "Give it the arguments that it had, such as use_bias",
            )
        return []

    def _pair(self, layer: keras.layers.Layer, variable: Any, name: str, dataset: Any) -> None:
        short = variable.path.rpartition("/")[2]
        if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu":
            self._problem(layer.name, f"'{name}', its weight '{short}', is no array of this file", "Save it anew")
        elif tuple(dataset.shape) != tuple(variable.shape):
            shapes = [shape_text(tuple(one.shape)) for one in (dataset, variable)]
            self._problem(
                layer.name,
                f"its weight '{short}' is {shapes[0]} in the file and {shapes[1]} in the model",
                "Give it the arguments, and the input, that it had",
            )
        else:
            self.pairs.append((variable, dataset))

    def say_what_is_left(self) -> None:
        """Layers of the file that the model has not."""
        for name, saved in self._left.items():
            if saved and not self._partial:
                what = "the model itself" if name == _MODEL_ITSELF else name
                self._problem(what, "the model has no layer of this name", "Make the layer, or pass partial=True")

    def _problem(self, name: str, rule: str, mend: str) -> None:
        self.problems.append(LayerError(f"layer '{name}'", rule, mend))


def _keys(names: list[str], parts: int) -> list[str]:
    """The last parts of each name without its number of an output; a depthwise kernel as Keras 3 calls it."""
    keys = ["/".join(name.partition(":")[0].split("/")[-parts:]) for name in names]
    both = {key.replace("pointwise_kernel", "") for key in keys if key.endswith("pointwise_kernel")}
    return [
        key.replace("depthwise_kernel", "kernel") if key.removesuffix("depthwise_kernel") not in both else key
        for key in keys
    ]
