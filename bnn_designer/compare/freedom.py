"""A design's own degrees of freedom: what may be changed of it so that each combination is again a network.

Widths change together where they are equal, so that what adds still fits. Depths are repeats, and rows of blocks that
are alike and keep the shape. The precision of the first and last layer and the shortcuts are the variants of a what-if.
A *point* is a value for each degree; the point of the design itself gives the design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from bnn_designer.compare.dimensions import AS_IS, Choice, VaryError, option_of
from bnn_designer.compare.editor import Editor, InapplicableError
from bnn_designer.compare.identity import network_key
from bnn_designer.compare.widths import Width, scale_widths, scaled_size, set_width, widths
from bnn_designer.design import Block, Design, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import Duplicate, Remove
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower

#: What a width may be multiplied by.
FACTORS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
#: Values of the dimensions that a search varies; 8 bits are left out, which no deployed program here runs.
_CHOICES = {"shortcuts": ("none", "two", "one"), "first-last": ("float", "bwn", "binary")}
#: The kinds of degrees, each with what it is for people.
KINDS = {
    "width": "widths",
    "depth": "depths",
    "shortcuts": "shortcuts",
    "first-last": "precision of the first and last layer",
}
#: Blocks of which one more, right behind it, leaves all that follows as it is.
_ROW_KINDS = (b.BinaryConv, b.Shortcut)

#: A value by the name of its degree.
Point = Mapping[str, str]
Make = Callable[[Editor], None]


@dataclass(frozen=True)
class Degree:
    """One thing that may be changed.

    Attributes:
        name: its key, such as ``width.filters.128``, ``depth.repeat_1`` or ``shortcuts``.
        values: in their order; the design's own among them.
        own: the design's value.
        makes: what gives a design each value; None: it has it.
        ordered: whether values beside each other are alike.
    """

    name: str
    values: tuple[str, ...]
    own: str
    makes: Mapping[str, Make]
    ordered: bool = True

    @property
    def kind(self) -> str:
        """One of :data:`KINDS`."""
        return self.name.partition(".")[0]

    def change(self, value: str) -> str:
        """What another value changes: ``filters 128 to 64``, ``repeat_1 3 to 2 times``, ``shortcuts none``."""
        of = self.name.partition(".")[2]
        if self.kind == "width":
            return f"{of.partition('.')[0]} {self.own} to {value}" if of else f"width x {value}"
        return f"{of} {self.own} to {value} times" if self.kind == "depth" else f"{self.name} {value}"

    def without(self, dropped: set[str]) -> Degree:
        values = tuple(value for value in self.values if value not in dropped)
        return Degree(self.name, values, self.own, self.makes, self.ordered)


@dataclass(frozen=True)
class Space:
    """All designs that a design may become.

    Attributes:
        degrees: in the order in which they are made: widths, depths, precisions, shortcuts.
    """

    design: Design
    degrees: tuple[Degree, ...]

    @property
    def own(self) -> dict[str, str]:
        """The point of the design itself."""
        return {degree.name: degree.own for degree in self.degrees}

    @property
    def size(self) -> int:
        """How many points there are."""
        count = 1
        for degree in self.degrees:
            count *= len(degree.values)
        return count

    def at(self, point: Point) -> Design:
        """The design of a point; its name stays.

        Raises:
            DesignError: values that are well each by itself make no network together.
            VaryError: the point lacks a degree, has one that there is not, or a value that it has not.
        """
        if set(point) != {degree.name for degree in self.degrees}:
            raise VaryError(f"{self.design.name}: a point has a value for each of {', '.join(self.own)}. Give these.")
        editor = Editor(self.design)
        for degree in self.degrees:
            value = point[degree.name]
            if value not in degree.values:
                raise VaryError(f"{degree.name}={value}: choose one of {', '.join(degree.values)}.")
            if value != degree.own:
                degree.makes[value](editor)
        lower(editor.design)
        return editor.design

    def changes(self, point: Point) -> str:
        """What a point changes of the design, in words; ``as it is``."""
        changed = [degree.change(point[degree.name]) for degree in self.degrees if point[degree.name] != degree.own]
        return ", ".join(changed) or "as it is"


def freedom(design: Design, accept: Callable[[Design], bool] = lambda design: True) -> Space:
    """The degrees of freedom of a design: those with at least two values that make networks of their own.

    Args:
        accept: whether a network may be proposed at all, such as one that can be deployed.

    Raises:
        DesignError: the design itself is not a network.
    """
    lower(design)
    own_widths = _widths(design)
    found = [_well(design, degree, accept) for degree in own_widths]
    if any(len(degree.values) < len(own.values) for degree, own in zip(found, own_widths, strict=True)):
        # one width depends on another, as where shortcuts double channels: all of them by one factor
        found = [_well(design, _one_width(design), accept)]
    others = (*_depths(design), *_choices(design))
    found += [_well(design, degree, accept) for degree in others]
    return Space(design, tuple(degree for degree in found if len(degree.values) > 1))


def _well(design: Design, degree: Degree, accept: Callable[[Design], bool]) -> Degree:
    """The degree without values that make no network, or one that an earlier value makes."""
    keys = {network_key(design)}
    dropped: set[str] = set()
    for value in degree.values:
        if value == degree.own:
            continue
        editor = Editor(design)
        try:
            degree.makes[value](editor)
            lower(editor.design)
        except (BnnDesignerError, InapplicableError):
            dropped.add(value)
            continue
        key = network_key(editor.design)
        if key in keys or not accept(editor.design):
            dropped.add(value)
        keys.add(key)
    return degree.without(dropped)


def _widths(design: Design) -> list[Degree]:
    return [_width(one) for one in widths(design)]


def _width(width: Width) -> Degree:
    sizes = dict.fromkeys(scaled_size(width.size, factor) for factor in FACTORS)
    sizes[width.size] = None
    makes = {str(size): partial(set_width, width=width, size=size) for size in sizes}
    values = tuple(str(size) for size in sorted(sizes))
    return Degree(f"width.{width.field}.{width.size}", values, str(width.size), makes)


def _one_width(design: Design) -> Degree:
    values = tuple(f"{factor:g}" for factor in FACTORS)
    return Degree("width", values, "1", {f"{factor:g}": partial(scale_widths, factor=factor) for factor in FACTORS})


def _depths(design: Design) -> Iterator[Degree]:
    for _, block in walk(design.blocks):
        if isinstance(block, b.Repeat):
            yield _depth(block.id, block.times, partial(_set, block_id=block.id, field="times"))
        elif isinstance(block, b.DenseBlock):
            yield _depth(block.id, block.layers, partial(_set, block_id=block.id, field="layers"))
    for row in _rows(design.blocks):
        yield _depth(row[0], len(row), partial(_set_row, row=row))


def _depth(name: str, own: int, make: Callable[..., None]) -> Degree:
    counts = sorted({max(1, own // 2), max(1, own - 1), own, own + 1, own * 2 if own > 1 else own + 1})
    makes: dict[str, Make] = {str(count): partial(make, count=count) for count in counts}
    return Degree(f"depth.{name}", tuple(map(str, counts)), str(own), makes)


def _set(editor: Editor, count: int, block_id: str, field: str) -> None:
    editor.update(editor.design.find(block_id), **{field: count})


def _set_row(editor: Editor, count: int, row: tuple[str, ...]) -> None:
    """Makes a row of blocks that are alike shorter or longer at its end."""
    for block_id in row[count:]:
        editor.apply(Remove(block_id=block_id))
    for _ in range(count - len(row)):
        editor.apply(Duplicate(block_id=row[-1]))


def _rows(blocks: tuple[Block, ...]) -> Iterator[tuple[str, ...]]:
    """Blocks in a row that are alike but for their ids and keep the size of the image."""
    row: list[Block] = []
    for block in blocks:
        if row and _is_alike(row[-1], block):
            row.append(block)
            continue
        if row:
            yield tuple(one.id for one in row)
        row = [block] if isinstance(block, _ROW_KINDS) and _keeps_size(block) else []
    if row:
        yield tuple(one.id for one in row)


def _keeps_size(block: Block) -> bool:
    """Whether no stride and no pooling is in it, and its inputs are signs: the first layer's image is never one."""
    inside = [one for _, one in walk((block,))]
    strides = [stride for one in inside for stride in getattr(one, "strides", (1, 1))]
    signs = [one.input_quantizer is not None for one in inside if isinstance(one, b.BinaryConv)]
    pools = any(isinstance(one, b.PoolBatchNorm | b.BlurPool | b.GlobalPool) for one in inside)
    padded = all(getattr(one, "padding", "same") == "same" for one in inside)
    return bool(signs) and all(signs) and set(strides) == {1} and padded and not pools


def _is_alike(one: Block, other: Block) -> bool:
    return _bare(one.model_dump()) == _bare(other.model_dump())


def _bare(data: dict[str, object]) -> dict[str, object]:
    kept = {name: value for name, value in data.items() if name not in ("id", "label")}
    body = kept.get("body")
    if isinstance(body, list | tuple):
        kept["body"] = [_bare(block) for block in body]
    return kept


def _choices(design: Design) -> Iterator[Degree]:
    for name, values in _CHOICES.items():
        makes = {value: partial(_choose, choice=Choice(name, value)) for value in values}
        yield Degree(name, (AS_IS, *values), AS_IS, makes, ordered=False)


def _choose(editor: Editor, choice: Choice) -> None:
    option_of(choice).make(editor)
