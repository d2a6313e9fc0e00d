"""Whether a design takes the images of a data set, and the edit that makes it take them."""

from __future__ import annotations

from bnn_designer.design import Design, Edit, apply_edit
from bnn_designer.design.edits import Several, Update, UpdateDesign
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from bnn_designer.training.data.images import Facts, Images
from bnn_designer.units import shape_text


def misfit(design: Design, facts: Facts) -> DesignError | None:
    """Why a design cannot be trained on images of this shape and these classes; None if it can."""
    wanted = shape_text(facts.shape)
    if design.input_shape != facts.shape:
        rule = f"the input is {shape_text(design.input_shape)}, and {facts.title} images are {wanted}"
        return DesignError(f"{design.name}/input_shape", rule, f"Set the input shape to {wanted} to train it on them")
    if design.classes != facts.classes:
        rule = f"the design has {design.classes:,} classes, and {facts.title} has {facts.classes:,}"
        mend = f"Set the number of classes to {facts.classes:,} to train it on them"
        return DesignError(f"{design.name}/classes", rule, mend)
    return None


def check_fits(design: Design, data: Images) -> None:
    """Raises DesignError if the design cannot be trained on the images; it says what to change."""
    problem = misfit(design, data.facts)
    if problem is not None:
        raise problem


def fitting_edit(design: Design, facts: Facts) -> Edit | None:
    """The edit that gives a design the input shape and the classes of a data set, in one step.

    Where the last block before the head gives the scores itself, it gets as many units as there are classes. None where
    the design fits already, or would be no network on such images: one that halves 28 pixels too often, say.
    """
    if misfit(design, facts) is None:
        return None
    sizes = UpdateDesign(changes={"input_shape": facts.shape, "classes": facts.classes})
    edits: list[Edit] = [sizes]
    for block in design.blocks[-2:-1]:
        if getattr(block, "units", None) == design.classes:
            edits.append(Several(edits=(sizes, Update(block_id=block.id, changes={"units": facts.classes}))))
    for edit in edits:
        try:
            lower(apply_edit(design, edit))
        except DesignError:
            continue
        return edit
    return None
