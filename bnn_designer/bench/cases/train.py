"""The training steps that are measured: designs, batch sizes, and the recipes that are held to the float engine."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.training.data.cifar10 import CLASSES, IMAGE_SHAPE
from bnn_designer.training.recipe import Recipe

NARROW = "narrow-16-32"

#: Way -> engine and gradients of its recipe.
GRADIENTS = {f"{kind} gradients": ("xnor", kind) for kind in ("float", "int16", "int8")}
#: What a run does where nobody chose anything.
DEFAULT = "default recipe"
PEER = "engine float"
WAYS = {**GRADIENTS, DEFAULT: (Recipe().engine, Recipe().gradients), PEER: ("float", "float")}


@dataclass(frozen=True)
class Case:
    """A preset, or the narrow design, at a batch size."""

    design: str
    batch_size: int = Recipe().batch_size

    def __str__(self) -> str:
        return f"{self.design} batch {self.batch_size}"

    def recipe(self, way: str) -> Recipe:
        """A recipe of one of WAYS."""
        engine, gradients = WAYS[way]
        return Recipe.from_fields(batch_size=self.batch_size, engine=engine, gradients=gradients)

    def build(self) -> Design:
        return narrow() if self.design == NARROW else preset(self.design)


def narrow() -> Design:
    """As bi-real-cifar, of 16 and 32 filters: so few that a word of 64 signs is never full."""
    norm = BatchNormOptions()

    def block(filters: int, strides: int = 1) -> Shortcut:
        conv = BinaryConv(filters=filters, strides=(strides, strides), input_quantizer="approx_sign", batch_norm=norm)
        return Shortcut(body=(conv,), on_shape_change="average_pool_pointwise")

    blocks = (Conv(filters=16, batch_norm=norm), block(16), block(16), block(32, strides=2), block(32))
    return Design(name=NARROW, blocks=(*blocks, GlobalPool(), Head()))


def _trainable(design: Design) -> bool:
    """Whether training takes it: images of CIFAR-10's size, and its classes."""
    return design.input_shape == IMAGE_SHAPE and design.classes == CLASSES


#: Held to targets of their own, at the batch sizes that these are about.
TARGETED = (Case("binarynet", 50), Case("bi-real-cifar", 128))
#: In the default recipe: every preset that can be trained, and the narrow design.
DEFAULTS = tuple(Case(name) for name in (*(name for name in PRESETS if _trainable(preset(name))), NARROW))
CASES = tuple(dict.fromkeys((*TARGETED, *DEFAULTS)))

#: Case -> its rows of memory. Each is measured in processes of its own, so there are fewer.
MEMORY_CASES = {**dict.fromkeys(TARGETED, tuple(GRADIENTS)), Case(NARROW): (DEFAULT,)}


def ways_of(case: Case) -> tuple[str, ...]:
    """The rows of a case's step."""
    return (*(GRADIENTS if case in TARGETED else ()), *((DEFAULT,) if case in DEFAULTS else ()))


def planned(request: Request) -> list[Planned[Case]]:
    order = "fixed order of sums" if request.deterministic else "any order of sums"
    return [Planned(f"train {case}, {way}, {order}", case, way) for case in CASES for way in ways_of(case)]


def planned_memory(request: Request) -> list[Planned[Case]]:
    """Under the loop's own setting alone."""
    if not request.deterministic:
        return []
    rows = ((case, way) for case, ways in MEMORY_CASES.items() for way in ways)
    return [Planned(f"peak memory of a step of {case}, {way}", case, way) for case, way in rows]
