"""What Larq Compute Engine (LCE) makes of a Keras model: its file and its memory, or why they are not known."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

import keras

from bnn_designer.cost.deployed import SOURCE, DeployedCost, NotDeployable, deployed_cost
from bnn_designer.graph import ops
from bnn_designer.graph.passes.deploy import DEFAULT_OPTIONS, DeployOptions
from bnn_designer.larq.tables import Cell, memory_text
from bnn_designer.nn.reading import NotADesign, read_model

#: Characters in a line of a reason.
_WIDTH = 80
#: The figures, or why there are none.
Deployed = DeployedCost | NotDeployable | NotADesign


def deployed(model: keras.Model, options: DeployOptions = DEFAULT_OPTIONS) -> Deployed:
    """File, weights and memory of what LCE makes of a model; or why they are not known.

    Args:
        model: functional or sequential, built.
        options: how binary dense layers get there, and which kernel runs.

    Returns:
        The figures; `NotADesign` where some layers are none that a design has, so that nothing is counted; or
        `NotDeployable` where LCE cannot run what it has.

    Raises:
        TypeError: it is no Keras model.
    """
    try:
        return deployed_cost(read_model(keras_model("lq.designs.deployed", model)).own_graph, options)
    except NotADesign as error:
        return error


def keras_model(where: str, model: Any) -> keras.Model:
    """The model as it is; raises TypeError, which names the function, where it is none."""
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"{where}: it takes a keras.Model, got {type(model).__name__}. Give it a model; "
            "what a design costs is told by bnn_designer.cost and by `bnn-designer cost`."
        )
    return model


def unknown_because(found: NotDeployable | NotADesign) -> str:
    """Why there are no figures, in one sentence that begins with "unknown"."""
    if isinstance(found, NotDeployable):
        return f"unknown, because Larq Compute Engine cannot run it: {str(found).removeprefix('unsupported: ')}"
    first, more = found.problems[0], len(found.problems) - 1
    rest = f", and {more} more" if more else ""
    return f"unknown, because of {first.path}: {first.rule}{rest}; lq.designs.design_of(model) says what to change"


def deployed_rows(model: keras.Model) -> list[list[Cell]]:
    """The cells of the table: a header and a row a figure; or one row, which says why they are unknown.

    A model with binary dense layers has a second column, of these as Keras layers are converted: into float products.
    """
    found = deployed(model)
    if not isinstance(found, DeployedCost):
        lines = textwrap.wrap(unknown_because(found), _WIDTH, break_long_words=False)
        return [["Deployed size, runtime memory", "\n".join(lines)]]
    columns = {SOURCE: found}
    graph = read_model(model).own_graph
    if any(isinstance(layer.op, ops.Dense) and layer.op.is_binary for layer in graph.layers):
        as_converted = deployed_cost(graph, replace(DEFAULT_OPTIONS, binary_dense="float"))
        assert isinstance(as_converted, DeployedCost)  # floats are what it can always run
        columns = {"binary dense layers\nas 1x1 convolutions": found, "binary dense layers\nin float": as_converted}
    figures = {
        "Deployed size (LCE file)": [one.file_bytes for one in columns.values()],
        "Weights in it": [one.weight_bytes for one in columns.values()],
        "Runtime memory (arena)": [one.arena_bytes for one in columns.values()],
        "Alive at once, no planner needs less": [one.live_lower_bound_bytes for one in columns.values()],
    }
    rows: list[list[Cell]] = [["", *columns]]
    return rows + [[name, *(memory_text(8 * size) for size in sizes)] for name, sizes in figures.items()]
