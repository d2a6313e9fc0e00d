"""What a person edits: blocks, the document, edits, presets. No TensorFlow, no Streamlit."""

from bnn_designer.design.blocks import BLOCK_KINDS, Block
from bnn_designer.design.document import Design, load_design, walk
from bnn_designer.design.edits import Edit, apply_edit
from bnn_designer.design.position import Position, positions

__all__ = [
    "BLOCK_KINDS",
    "Block",
    "Design",
    "Edit",
    "Position",
    "apply_edit",
    "load_design",
    "positions",
    "walk",
]
