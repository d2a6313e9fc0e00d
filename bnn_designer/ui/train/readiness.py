"""Whether a run can start: the design, the data and the engine, each with a reason where it cannot.

Nothing here imports TensorFlow: a page must stay light, and training is the worker's.
"""

from __future__ import annotations

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.kernels.built import obstacle
from bnn_designer.kernels.sources import library_path
from bnn_designer.training.data import Facts, misfit
from bnn_designer.training.memory import check_memory
from bnn_designer.training.recipe import Recipe


def design_problem(design: Design, facts: Facts | None) -> DesignError | None:
    """Why a design cannot be trained on images of a set; None if it can, as far as the set is known."""
    try:
        cost(design)
    except DesignError as error:
        return error
    return None if facts is None else misfit(design, facts)


def memory_problem(design: Design, recipe: Recipe, teacher: Design | None) -> BnnDesignerError | None:
    """Why the free memory does not suffice for a design that can be trained, by this teacher; None if it may."""
    try:
        check_memory(design, recipe, teacher=teacher)
    except BnnDesignerError as error:
        return error
    return None


def engine_status() -> tuple[bool, str]:
    """Whether the compiled op is there, and a sentence on it. It is not loaded: the worker does that."""
    try:
        if library_path().exists():
            return True, "The compiled XNOR op is built."
        reason = obstacle()
    except BnnDesignerError as error:
        reason = str(error)
    if reason is not None:
        return False, f"{reason} Until then binary layers compute the same numbers in floating point, but more slowly."
    return (
        False,
        "The compiled XNOR op is not built yet; the first run that uses it builds it, which takes about a minute.",
    )
