"""An image's answer layer by layer, as it is kept: a picture of what each group leaves, and the classes' scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bnn_designer.inspection.report import Frozen

if TYPE_CHECKING:  # they bring the engine, which who reads what was kept does not need
    from bnn_designer.inspection.between import Left
    from bnn_designer.inspection.scores import Scores

#: Channels of a tensor that are kept, of one pixel each and of more.
MOST_VALUES, MOST_CHANNELS = 1_024, 32
#: Pixels on a side; of a larger tensor every second, third, ... is kept.
MOST_SIDE = 64
#: What the largest float of a tensor is in its picture.
FULL = 127

Array = npt.NDArray[Any]


class LeftLook(Frozen):
    """A tensor between two groups; the array ``left/NUMBER`` has its first channels, int8 [height, width, channels].

    Signs are -1 and +1 there, floats are divided by their ``reach`` and multiplied by :data:`FULL`.

    Attributes:
        tensor, layers, bits, shape, turned: as :class:`between.Left` has them.
        positive_share: of all values, those that are at least 0; None: nothing is known of its values.
        low, high: the least and the largest of all values.
        reach: the largest magnitude.
    """

    tensor: str
    layers: tuple[str, ...]
    bits: int
    shape: tuple[int, int, int]
    turned: int
    positive_share: float | None = None
    low: float = 0.0
    high: float = 0.0
    reach: float = 0.0


class ScoreLook(Frozen):
    """The score of a class before the softmax; its parts are as :class:`scores.Parts` has them, None: not known."""

    score: float
    offset: float | None = None
    for_it: float | None = None
    against_it: float | None = None


def left_looks(left: Iterable[Left]) -> tuple[tuple[LeftLook, ...], dict[str, Array]]:
    """The looks, and the arrays that are kept with them."""
    looks, arrays = [], {}
    for number, one in enumerate(left):
        look = LeftLook(tensor=one.tensor, layers=one.layers, bits=one.bits, shape=one.shape, turned=one.turned)
        if one.values is not None:
            values = one.values
            low, high = float(values.min()), float(values.max())
            reach = max(abs(low), abs(high))
            look = look.model_copy(
                update={"positive_share": float((values >= 0).mean()), "low": low, "high": high, "reach": reach}
            )
            factor = 1.0 if one.bits == 1 else FULL / (reach or 1.0)
            arrays[_key(number)] = np.rint(_thinned(values) * factor).astype(np.int8)
        looks.append(look)
    return tuple(looks), arrays


def left_arrays(looks: Iterable[LeftLook], arrays: Mapping[str, Array]) -> tuple[Array | None, ...]:
    """The kept array of each look; None where its values are not known.

    Raises:
        KeyError, ValueError: one is missing, or is not what :func:`left_looks` makes.
    """
    found: list[Array | None] = []
    for number, look in enumerate(looks):
        if look.positive_share is None:
            found.append(None)
            continue
        array = arrays[_key(number)]
        if array.dtype != np.int8 or array.ndim != 3 or 0 in array.shape:
            raise ValueError(f"{_key(number)} is {array.dtype} {array.shape}")
        if max(array.shape[:2]) > MOST_SIDE or array.shape[2] > MOST_VALUES:
            raise ValueError(f"{_key(number)} is larger than any of this program's")
        found.append(array)
    return tuple(found)


def score_looks(scores: Scores | None) -> tuple[ScoreLook, ...]:
    """A look a class, in their order; none where the scores are not known."""
    if scores is None:
        return ()
    values, parts = scores.scores.tolist(), scores.parts
    if parts is None:
        return tuple(ScoreLook(score=score) for score in values)
    of_parts = zip(parts.offset.tolist(), parts.for_it.tolist(), parts.against_it.tolist(), strict=True)
    return tuple(
        ScoreLook(score=score, offset=offset, for_it=for_it, against_it=against_it)
        for score, (offset, for_it, against_it) in zip(values, of_parts, strict=True)
    )


def _key(number: int) -> str:
    return f"left/{number}"


def _thinned(values: Array) -> Array:
    height, width, _ = values.shape
    step = -(-max(height, width) // MOST_SIDE)
    most = MOST_VALUES if height == width == 1 else MOST_CHANNELS
    return values[::step, ::step, :most]
