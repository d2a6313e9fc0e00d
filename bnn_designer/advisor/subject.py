"""What the rules look at: a design, the graph it becomes, and questions about them that several rules ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from bnn_designer.advisor.finding import Evidence, Fix
from bnn_designer.advisor.local import Places
from bnn_designer.cost import CostReport, cost
from bnn_designer.design import Block, Design, Position, apply_edit, positions, walk
from bnn_designer.design.blocks import Branches, Container, LayerBlock
from bnn_designer.design.document import next_id
from bnn_designer.design.edits import Add, Edit, WrapInShortcut
from bnn_designer.errors import DesignError
from bnn_designer.graph import Layer, lower, ops
from bnn_designer.graph.lowering import shapes_by_block

#: Layers that are lowered anew for all findings together, where a fix is not checked locally or has a price.
MAX_WORK = 6_000
#: In the place of a price that is no longer worked out.
NOT_PRICED = Evidence(
    "What the change costs is not worked out for each of so many findings: apply it, or see what-if.",
    "this project's cost model",
)


class Subject:
    """A design that lowers.

    Args:
        design: the document.
        priced: whether the price of changes is worked out; else each counts as too much work.

    Attributes:
        work_left: layers that may still be lowered anew for fixes and their prices.

    Raises:
        DesignError: the design cannot be lowered.
    """

    def __init__(self, design: Design, priced: bool = True) -> None:
        self.design, self.priced = design, priced
        self.report: CostReport = cost(design)
        self.graph = self.report.graph
        self.work_left = MAX_WORK
        self._offers: dict[str, bool] = {}

    @cached_property
    def paths(self) -> dict[str, str]:
        """Every block's path by its id."""
        return {block.id: path for path, block in walk(self.design.blocks)}

    @cached_property
    def blocks(self) -> dict[str, Block]:
        return {block.id: block for _, block in walk(self.design.blocks)}

    @cached_property
    def positions(self) -> dict[str, Position]:
        """Where each block stands, by its id."""
        return {position.block.id: position for position in positions(self.design.blocks)}

    @cached_property
    def layers(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.graph.layers}

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each block in reading order."""
        return {block_id: index for index, block_id in enumerate(self.blocks)}

    @cached_property
    def products(self) -> tuple[Layer, ...]:
        """All layers with a trained kernel, in running order; a block that is repeated has several."""
        return tuple(layer for layer in self.graph.layers if _is_trained_product(layer))

    @property
    def first(self) -> Layer | None:
        """The first layer with a trained kernel; None where there is none."""
        return self.products[0] if self.products else None

    @property
    def last(self) -> Layer | None:
        return self.products[-1] if self.products else None

    def maker(self, name: str) -> Layer | None:
        """The layer that makes a tensor; None for the image."""
        return self.layers.get(name)

    def only_user(self, name: str) -> Layer | None:
        """The one layer that reads a tensor; None where several or none do."""
        users = self.graph.users[name]
        return users[0] if len(users) == 1 else None

    def neighbor(self, block_id: str, step: int) -> Block | None:
        """The block that runs directly before (-1) or behind (1) a block in its row; None where there is none."""
        position = self.positions[block_id]
        row, index = position.siblings, position.index + step
        return row[index] if not isinstance(position.parent, Branches) and 0 <= index < len(row) else None

    def ancestors(self, block_id: str) -> Iterator[Container]:
        """The blocks around a block, the innermost first."""
        parent = self.positions[block_id].parent
        while parent is not None:
            yield parent
            parent = self.positions[parent.id].parent

    def only_signs_behind(self, layer: Layer) -> bool:
        """Whether one sign reads a layer's output, with nothing but a batch norm between: LCE can write bits then."""
        user = self.only_user(layer.name)
        if user is not None and isinstance(user.op, ops.BatchNorm):
            user = self.only_user(user.name)
        return user is not None and reads_signs(user)

    def insertion(self, block_id: str, new: Block, behind: bool = False) -> tuple[Edit, ...]:
        """Edits that put a new block directly before a block, or after it."""
        position = self.positions[block_id]
        if isinstance(position.parent, Branches):  # each block in branches is a path of its own
            wrap = WrapInShortcut(block_ids=(block_id,), kind="sequence")
            return wrap, Add(block=new, parent=next_id("sequence", set(self.blocks)), index=int(behind))
        return (Add(block=new, parent=position.parent_id, index=position.index + behind),)

    def offer(self, label: str, *edits: Edit) -> Fix | None:
        """The fix, if the design still lowers with it; else None, and None where that would take too much work."""
        key = repr(edits)
        if key not in self._offers:  # a block that is repeated makes several layers, each with the same fix
            lowers = self.places.still_lowers(edits)
            if lowers is None:
                lowers = self._spend(len(self.graph.layers)) and self.after(edits) is not None
            self._offers[key] = lowers
        return Fix(label, edits) if self._offers[key] else None

    @cached_property
    def places(self) -> Places:
        """Where the blocks stand and what they read and make, for fixes."""
        return Places(self.design, self.positions, shapes_by_block(self.design))

    def price(self, edits: tuple[Edit, ...]) -> CostReport | None:
        """The cost report after edits; None where they do not lower, or the work for it is spent."""
        if not self.priced or not self._spend(len(self.graph.layers)):
            return None
        try:
            return cost(self._edited(edits))
        except DesignError:
            return None

    def _spend(self, layers: int) -> bool:
        """Whether so many layers may be lowered; of a design with many findings, not each gets its figures."""
        self.work_left -= layers
        return self.work_left >= 0

    def after(self, edits: tuple[Edit, ...]) -> Design | None:
        """The design after edits; None where one of them is refused, or the result does not lower."""
        try:
            changed = self._edited(edits)
            lower(changed)
        except DesignError:
            return None
        return changed

    def _edited(self, edits: tuple[Edit, ...]) -> Design:
        changed = self.design
        for edit in edits:
            changed = apply_edit(changed, edit)
        return changed

    def behind(self, layer: Layer, stop: Callable[[Layer], bool]) -> tuple[Layer, ...]:
        """The layers where each way from a layer's output ends: those that ``stop`` says, or that pass nothing on."""
        found: dict[str, Layer] = {}
        waiting, seen = [layer.name], {layer.name}
        while waiting:
            for user in self.graph.users[waiting.pop()]:
                if user.name in seen:
                    continue
                seen.add(user.name)
                if stop(user) or not isinstance(user.op, ops.PASS_ON):
                    found[user.name] = user
                else:
                    waiting.append(user.name)
        return tuple(found.values())

    @cached_property
    def non_negative(self) -> frozenset[str]:
        """Tensors that hold no negative number, because each way to them comes from a ReLU or the like."""
        found: set[str] = set()
        for layer in self.graph.layers:
            op = layer.op
            if isinstance(op, ops.Activation):
                known = op.function in ("relu", "unit_clip", "sigmoid") or (
                    op.function in ("prelu", "hard_tanh") and layer.inputs[0] in found
                )
            else:
                keeps = isinstance(op, ops.PASS_ON) and not isinstance(op, ops.ChannelShift)
                blurs = isinstance(op, ops.QuantizedOp) and not op.is_trained
                known = (keeps or blurs) and all(name in found for name in layer.inputs)
            if known:
                found.add(layer.name)
        return frozenset(found)


def _is_trained_product(layer: Layer) -> bool:
    return isinstance(layer.op, ops.QuantizedOp) and layer.op.is_trained


def quantized(layer: Layer) -> ops.QuantizedOp:
    """The operation of a layer with a kernel."""
    assert isinstance(layer.op, ops.QuantizedOp)
    return layer.op


def reads_signs(layer: Layer) -> bool:
    """Whether a layer first takes the sign of what it reads."""
    op = layer.op
    return isinstance(op, ops.QuantizedOp) and op.input_quantizer is not None and op.input_quantizer.facts.gives_signs


def layer_block(subject: Subject, block_id: str) -> LayerBlock | None:
    """The block, if it is a layer with a tail of its own."""
    block = subject.blocks[block_id]
    return block if isinstance(block, LayerBlock) else None
