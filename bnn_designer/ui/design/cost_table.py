"""The cost per layer as a table: the values are exact, the page formats them."""

from __future__ import annotations

import pandas as pd

from bnn_designer.cost import LayerCost
from bnn_designer.ui.shared.glossary import explain
from bnn_designer.units import shape_text

#: Column, its title and its help.
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("layer", "Layer", "The layer's name: its block's id, and the part of the block."),
    ("kind", "Operation", f"What the layer computes.\n\n{explain('BN')}"),
    (
        "precision",
        "Precision",
        "binary, BWN, BAN, float or low-bit; — means no kernel.\n\n" + "\n\n".join(map(explain, ("BWN", "BAN"))),
    ),
    ("shape", "Output", "Height, width and channels, or features, of one image."),
    ("params_1", "Weights, 1 bit", "Weights stored in one bit each."),
    (
        "params_32",
        "Weights, 32 bit",
        f"Weights, biases and batch norm statistics stored in 32 bits each.\n\n{explain('BN')}",
    ),
    ("memory", "Weight KiB", f"Bits of all weights / 8 / 1024.\n\n{explain('KiB')}"),
    (
        "macs_1",
        "MACs, 1 bit",
        "Multiply-accumulates of one image with both operands in one bit (larq convention).\n\n"
        + "\n\n".join(map(explain, ("MAC", "binary MACs"))),
    ),
    (
        "macs_32",
        "MACs, 32 bit",
        f"Multiply-accumulates of one image with an operand in 32 bits (larq convention).\n\n{explain('MAC')}",
    ),
)


def cost_table(layers: tuple[LayerCost, ...]) -> pd.DataFrame:
    """One row a layer; empty cells where a layer has no MACs or no weights, so that a 0 never stands for nothing."""
    rows = [
        {
            "layer": layer.name,
            "kind": layer.kind,
            "precision": "—" if layer.precision == "none" else layer.precision,
            "shape": shape_text(layer.output_shape),
            "params_1": layer.count.params_by_bits.get(1),
            "params_32": layer.count.params_by_bits.get(32),
            "memory": layer.count.memory_bits / 8 / 1024 if layer.count.params else None,
            "macs_1": layer.count.macs_by_bits.get(1),
            "macs_32": layer.count.macs_by_bits.get(32),
        }
        for layer in layers
    ]
    frame = pd.DataFrame(rows, columns=[name for name, _, _ in COLUMNS])
    whole = ("params_1", "params_32", "macs_1", "macs_32")
    return frame.astype(dict.fromkeys(whole, "Int64") | {"memory": "Float64"})
