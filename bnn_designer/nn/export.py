"""Exported models: graphs of TensorFlow's own ops, which load without this project, or with the compiled ops on demand.

``model.export`` and ``keras.export.ExportArchive`` call the model once to record its graph. The layers look at
`in_float` while they are called, and leave the compiled ops out of such a graph.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, get_args

import keras
import tensorflow as tf

from bnn_designer.nn.errors import LayerError

ExportEngine = Literal["float", "xnor"]

#: How the names of the compiled ops begin.
_OURS = "Bnn"

_wanted: ContextVar[ExportEngine] = ContextVar("the engine of exported graphs", default="float")
_recorded: ContextVar[ExportEngine | None] = ContextVar("the engine of the graph that is recorded now", default=None)


@contextmanager
def exporting(engine: ExportEngine) -> Iterator[None]:
    """Says what computes the binary layers of the models that are exported within.

    ``with exporting("xnor"): model.export(path)``

    Args:
        engine: ``"float"``, as without this: TensorFlow's own ops, and ``tf.saved_model.load`` needs nothing else;
            ``"xnor"``: what computes each layer on this machine, the compiled ops where `engine_used` says so; who
            loads the file imports ``bnn_designer.nn`` first.

    Raises:
        LayerError: ``engine`` is neither.
    """
    if engine not in get_args(ExportEngine):
        raise LayerError(
            "exporting",
            f"engine must be one of {', '.join(map(repr, get_args(ExportEngine)))}, got {engine!r}",
            "'float' loads everywhere",
        )
    token = _wanted.set(engine)
    try:
        yield
    finally:
        _wanted.reset(token)


def in_float() -> bool:
    """Whether a graph is recorded now that must hold none of the compiled ops."""
    return _recorded.get() == "float"


def recorded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which while it is recorded for an export computes with the engine that is wanted now.

    Args:
        name: of the endpoint, for the error.
        function: what is exported.

    Raises:
        LayerError: (when recorded) it brings compiled ops along and "xnor" is not wanted.
    """
    engine = _wanted.get()

    @functools.wraps(function)
    def record(*args: Any, **kwargs: Any) -> Any:
        token = _recorded.set(engine)
        try:
            outputs = function(*args, **kwargs)
        finally:
            _recorded.reset(token)
        if engine == "float":
            _refuse_compiled_ops(name, tf.compat.v1.get_default_graph())
        return outputs

    return record


def _refuse_compiled_ops(name: str, graph: Any) -> None:
    """A function that TensorFlow recorded before the export is taken as it is, whatever is in it."""
    definition = graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    if found := sorted({node.op for node in nodes if node.op.startswith(_OURS)}):
        raise LayerError(
            f"export, endpoint '{name}'",
            f"a tf.function in it was recorded before with compiled ops ({', '.join(found)}), which plain TensorFlow "
            "cannot load",
            "Give the endpoint the model or a plain function, with an input_signature; or export within "
            "bnn_designer.nn.exporting('xnor') and import bnn_designer.nn before loading",
        )


def _watch_exports() -> None:
    """Makes Keras' exports record their endpoints by `recorded`.

    Keras has no hook for it, and a layer cannot see by itself why it is recorded: predict, fit and export look alike.
    All its formats that keep a TensorFlow graph (SavedModel, LiteRT, ONNX) pass through the one method wrapped here.
    `tf.saved_model.save` and TensorFlow's own converter ask the model for a default signature instead.
    """
    archive: Any = type(keras.export.ExportArchive())  # the class depends on the backend and on Keras' version
    add_endpoint = archive.add_endpoint

    @functools.wraps(add_endpoint)
    def add_recorded(self: Any, name: str, fn: Any, input_signature: Any = None, **kwargs: Any) -> Any:
        if input_signature is not None:
            fn = recorded(name, fn)
        elif isinstance(fn, tf.types.experimental.GenericFunction) and _wanted.get() == "float":
            for concrete in fn._list_all_concrete_functions():
                _refuse_compiled_ops(name, concrete.graph)
        return add_endpoint(self, name, fn, input_signature, **kwargs)

    archive.add_endpoint = add_recorded

    default = keras.layers.Layer._default_save_signature

    def default_recorded(self: Any) -> Any:
        function = default.fget(self)
        if function is None:
            return None
        named = recorded("serving_default", function.python_function)
        return tf.function(named, input_signature=function.input_signature)

    keras.layers.Layer._default_save_signature = property(default_recorded)


_watch_exports()
