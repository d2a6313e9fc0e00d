"""The deployed program as tables of plain values."""

from __future__ import annotations

import pandas as pd

from bnn_designer.cost import DeployedCost, NotDeployable
from bnn_designer.graph.passes.program import Program
from bnn_designer.ui.shared.glossary import explain
from bnn_designer.units import shape_text

#: Of each column its title and its help.
OPERATOR_TITLES: dict[str, tuple[str, str]] = {
    "operator": ("Operator", "The operator's name: that of the layer that it starts with."),
    "kind": ("Kind", f"TensorFlow Lite's name for it, or LCE's, and the function fused into it.\n\n{explain('LCE')}"),
    "layers": ("Layers", f"The layers of the design that it computes; a BN is fused into one.\n\n{explain('BN')}"),
    "output": ("Output", "Height, width and channels, or features, of what it writes for one image."),
    "bits": ("Bits", "Of each value that it writes."),
    "weight_bytes": ("Constants, bytes", "Weights, thresholds and factors that it reads from the file."),
    "output_bytes": ("Output, bytes", f"What it writes into the arena.\n\n{explain('arena')}"),
    "working_bytes": (
        "Working memory, bytes",
        "For its unfolded input (im2col), in the arena.\n\n" + "\n\n".join(map(explain, ("im2col", "arena"))),
    ),
    "binary_macs": ("Binary MACs", "\n\n".join(("For one image.", explain("MAC"), explain("binary MACs")))),
    "int8_macs": ("8-bit MACs", f"For one image, of whole numbers of 8 bits.\n\n{explain('MAC')}"),
    "float_macs": ("Float MACs", f"For one image, in 32 bits.\n\n{explain('MAC')}"),
}


def operator_table(program: Program) -> pd.DataFrame:
    """One row an operator; constants that several share stand at each; empty cells where there is nothing."""
    rows = [
        {
            "operator": op.name,
            "kind": op.kind + (f" + {op.activation}" if op.activation else ""),
            "layers": ", ".join(op.layers),
            "output": shape_text(op.output.shape),
            "bits": op.output.bits,
            "weight_bytes": sum(constant.size_bytes for constant in op.constants) or None,
            "output_bytes": op.output.size_bytes,
            "working_bytes": op.im2col.size_bytes if op.im2col is not None else None,
            "binary_macs": op.macs if op.macs and op.is_binary else None,
            "int8_macs": op.macs if op.macs and op.is_int8 else None,
            "float_macs": op.macs if op.macs and not (op.is_binary or op.is_int8) else None,
        }
        for op in program.operators
    ]
    frame = pd.DataFrame(rows, columns=list(OPERATOR_TITLES))
    whole = ("weight_bytes", "working_bytes", "binary_macs", "int8_macs", "float_macs")
    return frame.astype(dict.fromkeys(whole, "Int64"))


def dense_table(packed: DeployedCost, unpacked: DeployedCost) -> pd.DataFrame:
    """The figures with binary dense layers packed, in float, and what the latter takes more."""
    names = {
        "file, bytes": "file_bytes",
        "weights, bytes": "weight_bytes",
        "arena, bytes": "arena_bytes",
        "binary MACs": "binary_macs",
        "8-bit MACs": "int8_macs",
        "float MACs": "float_macs",
        "OPs": "ops",
    }
    rows = []
    for title, name in names.items():
        first, second = round(getattr(packed, name)), round(getattr(unpacked, name))
        rows.append({"figure": title, "packed": first, "in float": second, "difference": second - first})
    return pd.DataFrame(rows)


def unsupported_blocks(deployed: NotDeployable) -> dict[str, tuple[str, ...]]:
    """The path of each block that stands in the way, and its reasons, each once."""
    found: dict[str, dict[str, None]] = {}
    for one in deployed.reasons:
        found.setdefault(one.path, {})[one.reason] = None
    return {path: tuple(reasons) for path, reasons in found.items()}
