"""Changes of a design that a test can see in the result."""

from __future__ import annotations

from collections.abc import Callable

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.blocks import Activation
from bnn_designer.design.edits import Add, UpdateDesign


def naming(name: str) -> Callable[[Design], Design]:
    """Gives the design a name."""
    return lambda design: apply_edit(design, UpdateDesign(changes={"name": name}))


def adding(label: str) -> Callable[[Design], Design]:
    """Adds a block with a label at the end."""
    return lambda design: apply_edit(design, Add(block=Activation(label=label)))


def labels(design: Design) -> list[str]:
    return [block.label for block in design.blocks]
