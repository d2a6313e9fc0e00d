"""What is measured of the cost model: two designs, each costed and read, and the import."""

from __future__ import annotations

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.graph import lower

#: The designs, by how many shortcuts they have; None: the import, which is of none.
SHORTCUTS = (32, 100)
COST, READ, IMPORT = "cost", "read", "import"


def planned(_: Request) -> list[Planned[int | None]]:
    rows: list[Planned[int | None]] = []
    for shortcuts in SHORTCUTS:
        design = bi_real(shortcuts)
        rows.append(Planned(f"cost of {len(lower(design).layers)} layers", shortcuts, COST))
        rows.append(Planned(f"reading its JSON, {len(design.blocks)} blocks", shortcuts, READ))
    return [*rows, Planned("import bnn_designer.cost", None, IMPORT)]


def bi_real(shortcuts: int) -> Design:
    """A stem, so many binary convolutions with batch norm and shortcut, a head: 3 * shortcuts + 5 layers."""
    norm = BatchNormOptions()
    body = tuple(Shortcut(body=(BinaryConv(filters=64, batch_norm=norm),)) for _ in range(shortcuts))
    return Design(blocks=(Conv(filters=64, batch_norm=norm), *body, GlobalPool(), Head()))
