"""Least squares with coefficients that are not negative, for the handful of columns that a latency model has.

The best coefficients are the least-squares ones of some set of columns, all others being 0 (Lawson and Hanson,
"Solving Least Squares Problems", 1974). With four columns there are 15 sets, so all of them are tried: no iteration, no
tolerance for convergence, and the same answer each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

#: A pivot below this share of its column's own square is a column that others already make up.
_SINGULAR = 1e-12
#: An additional column has to lower the squared residual by more than rounding does.
_GAIN = 1e-15

Rows = Sequence[Sequence[float]]


def nonnegative_least_squares(rows: Rows, targets: Sequence[float]) -> tuple[float, ...]:
    """The ``x >= 0`` with the smallest sum of squares of ``rows @ x - targets``.

    Args:
        rows: one for each equation, all of one length.
        targets: the right-hand sides.

    Raises:
        ValueError: there are no rows, or not as many as targets.
    """
    if not rows or len(rows) != len(targets):
        raise ValueError(f"{len(rows)} rows and {len(targets)} targets; both are at least 1 and equal")
    count = len(rows[0])
    # Columns differ by factors of 1e8 (operators and MACs); scaled to a length of 1, they can share one tolerance.
    lengths = [sum(row[column] ** 2 for row in rows) ** 0.5 for column in range(count)]
    used = [column for column in range(count) if lengths[column] > 0]
    scaled = [[row[column] / lengths[column] for column in used] for row in rows]
    squares = [[sum(row[i] * row[j] for row in scaled) for j in range(len(used))] for i in range(len(used))]
    products = [sum(row[i] * target for row, target in zip(scaled, targets, strict=True)) for i in range(len(used))]
    whole = sum(target**2 for target in targets)
    best, best_residual = [0.0] * count, whole
    for size in range(1, len(used) + 1):
        for chosen in combinations(range(len(used)), size):
            found = _solved([[squares[i][j] for j in chosen] for i in chosen], [products[i] for i in chosen])
            if found is None or min(found) < 0:
                continue
            # At the solution of the normal equations the residual is t't - x'A't.
            residual = whole - sum(value * products[i] for value, i in zip(found, chosen, strict=True))
            if residual < best_residual - _GAIN * whole:
                best, best_residual = [0.0] * count, residual
                for value, i in zip(found, chosen, strict=True):
                    best[used[i]] = value / lengths[used[i]]
    return tuple(best)


def _solved(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """The solution of a positive definite system by elimination; None where a column depends on others."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        if rows[i][i] <= _SINGULAR:
            return None
        for lower in range(i + 1, size):
            factor = rows[lower][i] / rows[i][i]
            for column in range(i, size + 1):
                rows[lower][column] -= factor * rows[i][column]
    solution = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][column] * solution[column] for column in range(i + 1, size))
        solution[i] = (rows[i][size] - known) / rows[i][i]
    return solution
