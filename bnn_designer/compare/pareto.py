"""The Pareto front: the designs of which none is beaten in both of two figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Better = Literal["less", "more"]
Point = tuple[float, float]


def dominates(one: Point, other: Point, better: tuple[Better, Better]) -> bool:
    """Whether ``one`` is at least as good in both figures, and better in one of them."""
    (x, y), (other_x, other_y) = _costs(one, better), _costs(other, better)
    return x <= other_x and y <= other_y and (x, y) != (other_x, other_y)


def pareto_front(points: Sequence[Point], better: tuple[Better, Better]) -> tuple[int, ...]:
    """Indices of the points that no other dominates, from the best first figure to the best second one.

    Points that are equal in both figures do not dominate each other: all of them are on the front, or none is.

    Args:
        points: pairs of figures.
        better: for each of the two figures, whether less or more of it is better.

    Raises:
        ValueError: a figure is not a number; leave designs out that lack one.
    """
    costs = [_costs(point, better) for point in points]
    if any(math.isnan(value) for cost in costs for value in cost):
        raise ValueError("a point has no number for one of its figures; leave it out")
    front: list[int] = []
    least: Point | None = None
    for index in sorted(range(len(costs)), key=lambda index: (costs[index], index)):
        # in this order nothing that comes later is better in the first figure: only the second decides
        if least is None or costs[index][1] < least[1] or costs[index] == least:
            front.append(index)
            least = costs[index]
    return tuple(front)


def _costs(point: Point, better: tuple[Better, Better]) -> Point:
    """The point with both figures turned so that less is better."""
    x, y = (value if way == "less" else -value for value, way in zip(point, better, strict=True))
    return x, y
