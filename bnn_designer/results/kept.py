"""The file of a result: which runs, on what, and their curves.

A file is what somebody else sent, so it is read within bounds and checked as any other document; what it says about
itself is what the store said of the runs when they ended.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bnn_designer.compare.significance import Comparison, compared
from bnn_designer.compare.trained import Spread, spread
from bnn_designer.errors import BnnDesignerError
from bnn_designer.sweeps.definition import Sweep
from bnn_designer.training.events import EpochEnd, best_epoch
from bnn_designer.units import duration_text

#: A result has a few dozen runs of some hundred epochs at most.
MAX_BYTES = 2 * 2**20
SCHEMA_VERSION = 1


class ResultError(BnnDesignerError):
    """A result that is not known, cannot be read, or cannot be made yet."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptRun(_Part):
    """One run of a result.

    Attributes:
        variant: its place among the sweep's.
        about: circumstances as :meth:`bnn_designer.runs.about.About.items` names them: data, engine, gradients, seed,
            machine, version, threads, date.
        epochs: in their order; measures by layer are kept of the last one only.
    """

    variant: int = Field(ge=0)
    seed: int
    about: dict[str, str]
    epochs: tuple[EpochEnd, ...] = Field(min_length=1)

    @property
    def best(self) -> float:
        """The best validation accuracy, 0 to 1."""
        end = best_epoch(self.epochs)
        assert end is not None  # each run has an epoch
        return end.val_accuracy

    @property
    def seconds(self) -> float:
        """Of all epochs: steps, validation and measuring. The start before the first step and saving are not in it."""
        return math.fsum(end.seconds for end in self.epochs)

    def seconds_to(self, share: float) -> float | None:
        """Until the end of the first epoch whose validation accuracy is at least this; None: it was never reached.

        An epoch with float kernels, the first of two stages, takes its time and reaches nothing: it is of another
        network.

        Args:
            share: the accuracy, 0 to 1.
        """
        spent_s = 0.0
        for end in self.epochs:
            spent_s += end.seconds
            if end.val_accuracy >= share and not end.float_kernels:
                return spent_s
        return None


@dataclass(frozen=True)
class TimeTo:
    """How long a variant's runs trained for an accuracy: the slowest of them.

    Attributes:
        runs: how many there are.
        seconds: until the slowest had reached it; None: one of them never did.
        longest_s: how long the longest of those that never did trained in all; else the longest of all.
    """

    runs: int
    seconds: float | None
    longest_s: float

    @property
    def text(self) -> str:
        """``1:12:30``, or ``not in 2:05:10``."""
        return duration_text(self.seconds) if self.seconds is not None else f"not in {duration_text(self.longest_s)}"


class KeptResult(_Part):
    """A result, whole or as far as its runs have come.

    Attributes:
        name: that of its entry in the catalogue.
        command: that makes the runs.
        definition: the sweep that they are of, as :meth:`bnn_designer.sweeps.definition.Sweep.to_json` writes it.
        variants: what each is, in words.
        missing: runs of the sweep that are not done yet; 0: the result is whole.
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    command: str
    definition: str
    variants: tuple[str, ...] = Field(min_length=1)
    missing: int = Field(ge=0)
    runs: tuple[KeptRun, ...] = Field(min_length=1)

    @property
    def sweep(self) -> Sweep:
        """Raises BnnDesignerError where the definition cannot be read."""
        return Sweep.from_json(self.definition)

    def of_variant(self, variant: int) -> tuple[KeptRun, ...]:
        """Its runs, by their seeds."""
        return tuple(sorted((run for run in self.runs if run.variant == variant), key=lambda run: run.seed))

    def best(self, variant: int) -> Spread | None:
        """Mean and spread of the best validation accuracies of a variant's runs; None: none is done."""
        values = [run.best for run in self.of_variant(variant)]
        return spread(values) if values else None

    def at(self, variant: int, epoch: int) -> Spread | None:
        """The same of the validation after an epoch, of the runs that were so long; None: none was."""
        values = [end.val_accuracy for run in self.of_variant(variant) for end in run.epochs if end.epoch == epoch]
        return spread(values) if values else None

    def time_to(self, variant: int, share: float) -> TimeTo | None:
        """How long the slowest of a variant's runs took for a validation accuracy; None: there is no run of it.

        Args:
            variant: its index.
            share: the accuracy, 0 to 1.
        """
        runs = self.of_variant(variant)
        if not runs:
            return None
        times = [run.seconds_to(share) for run in runs]
        reached = [seconds for seconds in times if seconds is not None]
        never = [run.seconds for run, seconds in zip(runs, times, strict=True) if seconds is None]
        longest_s = max(never or [run.seconds for run in runs])
        return TimeTo(len(runs), None if never else max(reached), longest_s)

    def comparison(self, variant: int) -> Comparison:
        """A variant against the first one, as a sweep's table has it."""
        return compared(self.best(0), self.best(variant), len(self.variants) - 1)

    def to_json(self) -> str:
        return self.model_dump_json(indent=1, exclude_defaults=True) + "\n"


def read_result(path: Path) -> KeptResult:
    """The result in a file.

    Raises:
        ResultError: it cannot be read, is too large, or is no result; says which and how to mend it.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > MAX_BYTES:
            raise ResultError(f"{path}: {size_bytes:,} bytes, and a result has {MAX_BYTES:,} at most. Take it away.")
        found = KeptResult.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ResultError(f"{path}: cannot be read ({error.strerror}). Restore it from the repository.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ResultError(
            f"{path}: {place} is not as in a result ({first['msg']}). Restore it from the repository, or make it again "
            "with bnn-designer results make."
        ) from error
    if any(run.variant >= len(found.variants) for run in found.runs):
        raise ResultError(f"{path}: a run is of a variant that is not there. Make it again: bnn-designer results make.")
    return found
