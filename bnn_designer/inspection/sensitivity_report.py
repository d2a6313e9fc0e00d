"""What putting layers back to floats, one at a time, changed; and the file that keeps it with the run."""

from __future__ import annotations

import math
from pathlib import Path

from pydantic import Field, ValidationError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import write_text
from bnn_designer.inspection.bundle import kept_bytes
from bnn_designer.inspection.report import Frozen
from bnn_designer.runs.store import Store

FILE = "inside-sensitivity.json"
VERSION = 1
#: More than any design's layers take.
MAX_BYTES = 4 * 2**20
_AGAIN = "Try the layers again"


class Change(Frozen):
    """Of how many images the answer turned right, and of how many wrong."""

    gained: int = Field(ge=0)
    lost: int = Field(ge=0)

    def share(self, images: int) -> float:
        """By how much the accuracy grew, as a share of all images."""
        return (self.gained - self.lost) / images

    def error(self, images: int) -> float:
        """The standard error of that share: only images whose answer turned count, each for one up or down.

        As in McNemar's test for paired answers (Psychometrika 12, 1947): the variance of gained - lost is gained + lost
        where neither is likelier.
        """
        return math.sqrt(self.gained + self.lost) / images


class LayerCost(Frozen):
    """A layer with a binary input or kernel; a change is None where there is nothing of the kind to put back.

    Attributes:
        name, path: of the layer and its block.
        inputs, weights, both: what was put back to floats.
        norms_anew: both, where the batch norms behind the layer take their statistics anew.
    """

    name: str
    path: str
    inputs: Change | None
    weights: Change | None
    both: Change | None
    norms_anew: Change | None


class Sensitivity(Frozen):
    """Of all layers, in running order.

    Attributes:
        made_at: Unix seconds.
        epoch_file, weights_mark: as :class:`report.Inside` has them.
        images: test images, the same ones that are looked at elsewhere.
        right: how many get the right class in the network as it is.
    """

    version: int
    run_id: str
    made_at: float
    epoch_file: str
    weights_mark: str
    images: int = Field(gt=0)
    right: int
    layers: tuple[LayerCost, ...]


def sensitivity_path(store: Store, run_id: str) -> Path:
    """Where it is kept."""
    return store.run_folder(run_id) / FILE


def write_sensitivity(store: Store, found: Sensitivity) -> None:
    """Keeps it with its run, in place of an older one. Raises BnnDesignerError if it cannot be written."""
    write_text(sensitivity_path(store, found.run_id), found.model_dump_json(indent=1), overwrite=True)


def read_sensitivity(store: Store, run_id: str) -> Sensitivity | None:
    """What was found of a run; None where nobody has tried yet.

    Raises:
        BnnDesignerError: the file cannot be read.
    """
    data = kept_bytes(sensitivity_path(store, run_id), MAX_BYTES, _AGAIN)
    if data is None:
        return None
    try:
        found = Sensitivity.model_validate_json(data)
    except ValidationError:
        raise BnnDesignerError(f"{FILE}: the file cannot be read. {_AGAIN}.") from None
    if found.version != VERSION:
        raise BnnDesignerError(f"{FILE}: it is of version {found.version}, not {VERSION}. {_AGAIN}.")
    return found
