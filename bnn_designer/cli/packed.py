"""What commands take for a packed network: a packed file, or something to pack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file

if TYPE_CHECKING:
    from bnn_designer.packing import PackedNetwork


@dataclass(frozen=True)
class Packed:
    """A packed network; ``weights`` says where its weights are from, "" for untrained ones."""

    network: PackedNetwork
    weights: str


def packed_network(source: str, weights: Path | None = None, seed: int = 0) -> Packed:
    """A packed file as it is; a run, or a design with the weights of a file, or untrained, packed.

    Raises:
        BnnDesignerError: there is no such thing, or it cannot be packed.
    """
    from bnn_designer.measuring.checkpoint import find_trained
    from bnn_designer.packing import pack as pack_network

    if (found := packed_file(source, weights)) is not None:
        return found
    trained = find_trained(source, weights, seed)
    return Packed(pack_network(trained.graph, trained.model, trained.design), trained.weights)


def packed_file(source: str, weights: Path | None = None) -> Packed | None:
    """A packed file as it is; None if the source is something else.

    Raises:
        BnnDesignerError: the file cannot be read, or other weights are wanted.
    """
    from bnn_designer.design.presets import PRESETS
    from bnn_designer.packing import load
    from bnn_designer.packing.file import MAGIC

    path = Path(source)
    if source in PRESETS or not (path.suffix == ".bnn" or _starts_with(path, MAGIC)):
        return None
    if weights is not None:
        raise BnnDesignerError(f"{source}: a packed file has its own weights. Omit --weights, or name its design.")
    return Packed(load(path), path.name)


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with open_file(path) as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
