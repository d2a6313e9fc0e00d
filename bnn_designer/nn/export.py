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

_MEND_OF_ENDPOINTS = (
    "Give the endpoint the model or a plain function, with an input_signature; or export within "
    "bnn_designer.nn.exporting('xnor') and import bnn_designer.nn before loading"
)
_MEND_OF_CONVERSIONS = (
    'Use TFLiteConverter.from_keras_model(model), which records the model in float, or set engine="float" on its '
    'layers (layer.engine = "float") before the function is recorded'
)

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
            _refuse_compiled_ops(_endpoint(name), tf.compat.v1.get_default_graph(), _MEND_OF_ENDPOINTS)
        return outputs

    return record


def _endpoint(name: str) -> str:
    return f"export, endpoint '{name}'"


def _refuse_compiled_ops(where: str, graph: Any, mend: str) -> None:
    """A function that TensorFlow recorded before the export is taken as it is, whatever is in it."""
    definition = graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    if found := sorted({node.op for node in nodes if node.op.startswith(_OURS)}):
        raise LayerError(
            where,
            f"a tf.function in it was recorded before with compiled ops ({', '.join(found)}), which plain TensorFlow "
            "cannot load",
            mend,
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
                _refuse_compiled_ops(_endpoint(name), concrete.graph, _MEND_OF_ENDPOINTS)
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


def _watch_conversions() -> None:
    """Makes TensorFlow's converter to LiteRT refuse recorded functions with compiled ops, by an error that says so.

    Its other entry, ``from_keras_model``, records the model anew, and so in float. Its own error is a page of MLIR.
    """
    converter = tf.lite.TFLiteConverter
    convert = converter.from_concrete_functions.__func__

    @functools.wraps(convert)
    def refusing(cls: Any, funcs: Any, *args: Any, **kwargs: Any) -> Any:
        for function in funcs:
            graph = getattr(function, "graph", None)  # what is no function, TensorFlow refuses itself
            if graph is not None:
                _refuse_compiled_ops("TFLiteConverter.from_concrete_functions", graph, _MEND_OF_CONVERSIONS)
        return convert(cls, funcs, *args, **kwargs)

    converter.from_concrete_functions = classmethod(refusing)


_watch_exports()
_watch_conversions()
