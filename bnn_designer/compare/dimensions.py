"""What a sweep may vary of a design: one table from a name to its values, each a small function that edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from bnn_designer.compare.editor import Editor, InapplicableError
from bnn_designer.compare.shortcuts import no_shortcuts
from bnn_designer.compare.variants import VARIANTS
from bnn_designer.compare.widths import scale_widths
from bnn_designer.design import Design, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.without import without_batch_norm, without_weight_clip
from bnn_designer.errors import BnnDesignerError, DesignError

Make = Callable[[Editor], None]

#: The value of every dimension that leaves the design as it stands.
AS_IS = "as-is"
#: The range of factors that a width may be multiplied by.
LEAST_FACTOR, MOST_FACTOR = 1 / 16, 16.0
_MAX_NAME_CHARS = 80


class VaryError(BnnDesignerError):
    """What is to be varied is not known, or does not apply."""


@dataclass(frozen=True)
class Option:
    """One value of a dimension.

    Attributes:
        title: what it does, in words.
        make: edits a design; raises InapplicableError, with the reason, where it does not apply.
        variant: its name among :data:`~bnn_designer.compare.VARIANTS`; "" where it has none.
    """

    title: str
    make: Make
    variant: str = ""


@dataclass(frozen=True)
class Dimension:
    """One thing that can be varied.

    Attributes:
        title: what it is about.
        options: by the names of its values, AS_IS not among them.
        number: makes an option of a number, where numbers are values too.
        numbers: what they mean, for messages; "" where there are none.
    """

    title: str
    options: Mapping[str, Option] = field(default_factory=dict)
    number: Callable[[float], Make] | None = None
    numbers: str = ""

    @property
    def known(self) -> str:
        """The values, for a message."""
        return ", ".join((*self.options, AS_IS, *((self.numbers,) if self.numbers else ())))


@dataclass(frozen=True)
class Choice:
    """A dimension and one of its values, by their names: ``shortcuts`` and ``none``."""

    dimension: str
    value: str

    def __str__(self) -> str:
        return f"{self.dimension}={self.value}"


def _of(title: str, variants: Mapping[str, str]) -> Dimension:
    """A dimension of variants of the what-if: names of values, and of the variants that they stand for."""
    found = {one.name: one for one in VARIANTS}
    return Dimension(
        title, {value: Option(found[name].title, found[name].make, name) for value, name in variants.items()}
    )


def _no_shortcuts(editor: Editor) -> None:
    """As the what-if's, and nothing to do where there is none: "none" is then what the design has."""
    if any(isinstance(block, b.Shortcut | b.DenseBlock) for _, block in walk(editor.design.blocks)):
        no_shortcuts(editor)


def _without(leave_out: Callable[[Design], Design], editor: Editor) -> None:
    try:
        editor.design = leave_out(editor.design)
    except DesignError as error:
        raise InapplicableError(error.rule) from None


#: In the order in which they are made: widths first, so that what is added later fits to them; shortcuts before the
#: first layer has signs as inputs, as none goes around that one.
DIMENSIONS: dict[str, Dimension] = {
    "width": Dimension(
        "Widths", number=lambda factor: partial(scale_widths, factor=factor), numbers="a factor such as 0.5"
    ),
    "shortcuts": Dimension(
        "Shortcuts",
        {
            "none": Option("none", _no_shortcuts, "shortcuts-none"),
            **_of("", {"two": "shortcuts-every-two", "one": "shortcuts-every-one"}).options,
        },
    ),
    "first-last": _of(
        "First and last layer",
        {"float": "ends-float", "bwn": "ends-binary-weights", "binary": "ends-binary", "8-bit": "ends-8-bit"},
    ),
    "pool": _of("Pool and batch norm", {"before": "pool-first", "after": "batch-norm-first"}),
    "batch-norm": Dimension("Batch norm", {"none": Option("none", partial(_without, without_batch_norm))}),
    "weight-clip": Dimension("Weight clip", {"none": Option("none", partial(_without, without_weight_clip))}),
    "padding": _of("Padding of signs", {"zeros": "pad-zeros", "ones": "pad-ones"}),
    "network": _of("Whole network", {"float": "all-float"}),
}


def choice_of_variant(variant: str) -> Choice | None:
    """The choice that is a variant of the what-if; None where none is."""
    for name, dimension in DIMENSIONS.items():
        for value, option in dimension.options.items():
            if option.variant == variant:
                return Choice(name, value)
    return None


def option_of(choice: Choice) -> Option:
    """What a choice stands for.

    Raises:
        VaryError: there is no such dimension, or it has no such value; names those that there are.
    """
    dimension = DIMENSIONS.get(choice.dimension)
    if dimension is None:
        raise VaryError(
            f"{choice.dimension}: it is nothing that can be varied in a design. Choose one of {', '.join(DIMENSIONS)}."
        )
    if choice.value == AS_IS:
        return Option("as it is", lambda editor: None)
    if choice.value in dimension.options:
        return dimension.options[choice.value]
    factor = _number(choice.value)
    if dimension.number is not None and factor is not None:
        if not LEAST_FACTOR <= factor <= MOST_FACTOR:
            raise VaryError(f"{choice}: a factor is a number from {LEAST_FACTOR:g} to {MOST_FACTOR:g}. Choose another.")
        return Option(f"{factor:g} times", dimension.number(factor))
    raise VaryError(f"{choice}: {choice.dimension} has no such value. Choose one of {dimension.known}.")


def varied(design: Design, choices: tuple[Choice, ...]) -> Design:
    """The design with all the choices made, in the table's order, whatever order they come in; named by them.

    Raises:
        DesignError: what comes out is not a network.
        VaryError: a choice is not known, or does not apply to the design; says why.
    """
    order = list(DIMENSIONS)
    options = [(one, option_of(one)) for one in choices]
    editor = Editor(design)
    for choice, option in sorted(options, key=lambda pair: order.index(pair[0].dimension)):
        try:
            option.make(editor)
        except InapplicableError as reason:
            raise VaryError(f"{design.name}, {choice}: it does not apply: {reason}. Leave this value out.") from None
    if any(one.value != AS_IS for one in choices):
        editor.apply(UpdateDesign(changes={"name": _named(design.name, choices)}))
    return editor.design


def _named(name: str, choices: tuple[Choice, ...]) -> str:
    tail = ", ".join(f"{one.dimension} {one.value}" for one in choices if one.value != AS_IS)
    whole = f"{name} ({tail})"
    return whole if len(whole) <= _MAX_NAME_CHARS else f"{whole[: _MAX_NAME_CHARS - 2]}…)"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
