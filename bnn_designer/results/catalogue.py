"""Which results there are: what each asks, what is published, and the sweep that answers it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from bnn_designer.design import Design
from bnn_designer.folders import project_file
from bnn_designer.results.claims import Claim, against_first, gap_as_published, in_order, skewed, sooner, within
from bnn_designer.results.kept import KeptResult, ResultError, read_result
from bnn_designer.sweeps.definition import Sweep, axis_of, product_of, seeds_from
from bnn_designer.training.recipe import Recipe

#: The results that come with the program.
FOLDER = project_file("results")
GUIDE = "Building BNNs, the guide in Larq's documentation"
#: Validation accuracies of the guide's figure after epochs 3 and 10 (larq/docs, plots/first_and_last_layers.vg.json).
PUBLISHED_FLOAT, PUBLISHED_BWN, PUBLISHED_BINARY = (0.6882, 0.7808), (0.6814, 0.7660), (0.5489, 0.6206)
#: Those whose training time is told, and the goal for the last one on two cores.
_ACCURACIES, _TWO_HOURS_S = (0.75, 0.80, 0.85), 2 * 3600.0
#: The layers of the narrow BinaryNet whose signs read what a max pool has gone over.
_AFTER_POOLS = ("binary_conv_3", "binary_conv_5", "binary_dense_1")


@dataclass(frozen=True)
class Entry:
    """A result that is made by a sweep.

    Attributes:
        name: of its file, and in commands.
        title: what it is about.
        says: what the field says, in our words.
        source: who says so.
        design: name of the file in ``results/designs``.
        vary: as ``--vary`` takes it; the first value is what the others are held against.
        titles: what the values are, in words.
        seeds: runs of each variant, seeds from 0 on.
        settings: where the recipe differs from the default one.
        claims: what is looked at.
        note: how far the result carries.
        accuracies: of a result about time: validation accuracies, 0 to 1, that the training time to is told, and drawn
            over time.
    """

    name: str
    title: str
    says: str
    source: str
    design: str
    vary: str
    titles: tuple[str, ...]
    seeds: int
    claims: tuple[Claim, ...]
    note: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    accuracies: tuple[float, ...] = ()

    @property
    def command(self) -> str:
        """What makes the runs, in the repository's folder."""
        options = [f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in self.settings.items()]
        parts = [f"--vary {self.vary}", f"--seeds {self.seeds}", *options]
        return f"bnn-designer sweep results/designs/{self.design}.json {' '.join(parts)}"

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name}.json"

    def sweep(self) -> Sweep:
        """The same as a value.

        Raises:
            ResultError: the design is not there.
            BnnDesignerError: it is none.
        """
        path = FOLDER / "designs" / f"{self.design}.json"
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ResultError(
                f"{path}: cannot be read ({error.strerror}). Results are made in a clone of the repository."
            ) from error
        variants = product_of([axis_of(self.vary)])
        return Sweep(Design.from_json(text), Recipe().changed(**self.settings), variants, seeds_from(0, self.seeds))


_PRECISIONS = ("full precision", "binary weights", "binary weights and inputs")
_NARROW = "BinaryNet with a quarter of its filters, ten epochs: which of two is ahead, not how far networks can get."

CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            "first-last-narrow",
            "First and last layer in three precisions, narrow BinaryNet",
            "Binarizing the first and the last layer costs far more than binarizing others, the activations above all.",
            GUIDE,
            "narrow-binarynet",
            "first-last=float,bwn,binary",
            _PRECISIONS,
            3,
            (
                in_order("Each step down in precision costs accuracy", (0, 1, 2)),
                against_first("Binary weights and activations at both ends cost accuracy", 2, "worse"),
                gap_as_published(0, 1, 3, (PUBLISHED_FLOAT[0], PUBLISHED_BWN[0])),
                gap_as_published(0, 2, 3, (PUBLISHED_FLOAT[0], PUBLISHED_BINARY[0])),
                gap_as_published(0, 1, 10, (PUBLISHED_FLOAT[1], PUBLISHED_BWN[1])),
                gap_as_published(0, 2, 10, (PUBLISHED_FLOAT[1], PUBLISHED_BINARY[1])),
            ),
            f"{_NARROW} The published network is not named, and was trained with batches of 256.",
        ),
        Entry(
            "first-last-binarynet",
            "First and last layer in three precisions, BinaryNet itself",
            "Binarizing the first and the last layer costs far more than binarizing others, the activations above all.",
            GUIDE,
            "binarynet-float-ends",
            "first-last=float,bwn,binary",
            _PRECISIONS,
            1,
            (
                in_order("Each step down in precision costs accuracy", (0, 1, 2)),
                gap_as_published(0, 1, 3, (PUBLISHED_FLOAT[0], PUBLISHED_BWN[0])),
                gap_as_published(0, 2, 3, (PUBLISHED_FLOAT[0], PUBLISHED_BINARY[0])),
                gap_as_published(0, 1, 10, (PUBLISHED_FLOAT[1], PUBLISHED_BWN[1])),
                gap_as_published(0, 2, 10, (PUBLISHED_FLOAT[1], PUBLISHED_BINARY[1])),
            ),
            "One run of each, as the published figure has: a point or two between two runs may be the seed's. The "
            "published network is not named, and was trained with batches of 256.",
        ),
        Entry(
            "shortcuts",
            "Shortcuts: none, around every two layers, around every one",
            "Shortcuts in high precision keep what a sign throws away; the more of them, the better.",
            GUIDE,
            "narrow-plain",
            "shortcuts=none,two,one",
            ("no shortcuts", "around every two", "around every one"),
            3,
            (
                against_first("Shortcuts around every two layers help", 1, "better"),
                against_first("Shortcuts around every layer help", 2, "better"),
                in_order("The more shortcuts, the better", (2, 1, 0)),
            ),
            "12 binary convolutions of 32 to 128 filters, ten epochs. The three have the same binary MACs; where the "
            "shape changes, a shortcut has a pointwise convolution in float, 1 % more MACs.",
        ),
        Entry(
            "pool-order",
            "Max pool before or after batch norm",
            "Pool before batch norm: a max pool right before a sign makes nearly all of its inputs +1.",
            GUIDE,
            "narrow-binarynet",
            "pool=as-is,after",
            ("pool, then batch norm", "batch norm, then pool"),
            3,
            (
                against_first("A pool after batch norm costs accuracy", 1, "worse"),
                skewed("A max pool right before the sign skews what it reads", _AFTER_POOLS, 1, 0),
            ),
            f"{_NARROW} The share of +1 is of the signs behind the three pools, over 100 test images.",
        ),
        Entry(
            "batch-norm",
            "With batch norm, and with none",
            "Batch norm is crucial: all binarized networks that work well have one after each binary layer.",
            GUIDE,
            "narrow-binarynet",
            "batch-norm=as-is,none",
            ("batch norm", "no batch norm"),
            3,
            (against_first("No batch norm costs accuracy", 1, "worse"),),
            _NARROW,
        ),
        Entry(
            "bop",
            "Adam on latent weights, or Bop without them",
            "Latent weights are inertia rather than weights; an optimizer that only flips signs, Bop, can do without.",
            "Helwegen et al., Latent Weights Do Not Exist, 1906.02107",
            "narrow-binarynet",
            "optimizer=adam,adam_bop",
            ("Adam", "Bop"),
            3,
            (against_first("Bop is no worse", 1, "better", "noise"),),
            f"{_NARROW} The paper trains for 500 epochs, with gamma and threshold tuned to that; here both are this "
            "program's defaults.",
        ),
        Entry(
            "time-to-accuracy",
            "Training time to 75, 80 and 85 %, in bits and in float",
            "Where a framework computes binary convolutions in float, their bits save no training time. In bits they "
            "reach each accuracy sooner, and 85 % in under two hours on two cores.",
            "This program's own claim",
            "residual-128-256-512",
            "engine=xnor,float",
            ("binary convolutions in bits", "the same in float"),
            1,
            (
                *(sooner(0, 1, share) for share in _ACCURACIES),
                within(0, 0.85, _TWO_HOURS_S, threads=2),
            ),
            "Ten binary convolutions of 128 to 512 filters, each with a shortcut; the first layer and the last are in "
            "float. Times are of runs that have the machine to themselves, one after the other: steps, validation and "
            "measuring, without the start and the saving. The epoch at which an accuracy is reached is that seed's.",
            {"epochs": 30},
            accuracies=_ACCURACIES,
        ),
    )
}


def entry_of(name: str) -> Entry:
    """The entry of a name; raises ResultError, which says which there are."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise ResultError(f"{name}: there is no such result. There are {', '.join(CATALOGUE)}.") from None


def kept_result(entry: Entry) -> KeptResult | None:
    """The result, read again only where its file has changed; None where there is no file.

    Raises:
        ResultError: it cannot be read.
    """
    try:
        changed_ns = entry.file.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except OSError:
        changed_ns = 0  # reading it says why
    return _read(entry.file, changed_ns)


@lru_cache(maxsize=32)
def _read(path: Path, changed_ns: int) -> KeptResult:
    """As the file is now: ``changed_ns`` makes it read again after a change."""
    return read_result(path)


def kept_results() -> dict[str, KeptResult]:
    """The results whose files are there, by name, in the catalogue's order.

    Raises:
        ResultError: a file cannot be read.
    """
    return {name: kept for name, entry in CATALOGUE.items() if (kept := kept_result(entry)) is not None}
