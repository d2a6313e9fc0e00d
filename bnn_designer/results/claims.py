"""What is claimed of a result, and whether it came out: small functions of the kept runs, each a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bnn_designer.compare.significance import Verdict
from bnn_designer.compare.trained import Spread, spread
from bnn_designer.results.kept import KeptResult, TimeTo
from bnn_designer.units import counted, duration_text, percent_text

#: How far a gap may be from the published one, 0 to 1. The published network is another one, on images that were not
#: re-encoded, and of one run.
GAP_WITHIN = 0.03


@dataclass(frozen=True)
class Outcome:
    """One claim, held against the runs.

    Attributes:
        text: what was claimed and what came out, in a sentence.
        holds: None: the runs that are done cannot say, and ``text`` tells why.
    """

    text: str
    holds: bool | None

    @property
    def word(self) -> str:
        return {True: "reproduced", False: "not reproduced", None: "open"}[self.holds]


Claim = Callable[[KeptResult], Outcome]


def in_order(claim: str, order: Sequence[int]) -> Claim:
    """The variants' means of best accuracies fall in this order; that they do so beyond noise is another claim.

    Args:
        claim: what is said, such as "Each step down costs accuracy".
        order: indices of variants, the most accurate first.
    """

    def judged(result: KeptResult) -> Outcome:
        means = [result.best(variant) for variant in order]
        texts = [f"{result.variants[variant]} {_text(mean)}" for variant, mean in zip(order, means, strict=True)]
        line = f"{claim}: {', '.join(texts)}"
        if any(mean is None for mean in means):
            return Outcome(f"{line}.", None)
        values = [mean.mean for mean in means if mean is not None]
        return Outcome(f"{line}.", all(first > second for first, second in pairwise(values)))

    return judged


def against_first(claim: str, variant: int, *wanted: Verdict) -> Claim:
    """A variant held against the first one comes out as one of these: ``better`` and ``worse`` by more than seeds
    differ, ``noise`` otherwise."""

    def judged(result: KeptResult) -> Outcome:
        found = result.comparison(variant)
        text = f"{claim}: {result.variants[variant]} against {result.variants[0]}: {found.text}."
        return Outcome(text, None if found.verdict == "unknown" else found.verdict in wanted)

    return judged


def gap_as_published(first: int, second: int, epoch: int, published: tuple[float, float]) -> Claim:
    """The gap of two variants after an epoch is within :data:`GAP_WITHIN` of the published one.

    Args:
        first, second: indices of variants.
        epoch: after which both are validated.
        published: validation accuracies of the two, 0 to 1.
    """

    def judged(result: KeptResult) -> Outcome:
        means = result.at(first, epoch), result.at(second, epoch)
        names = f"{result.variants[first]} over {result.variants[second]} after epoch {epoch}"
        wanted = published[0] - published[1]
        line = f"{names}: published {_points(wanted)}"
        if means[0] is None or means[1] is None:
            return Outcome(f"{line}; not trained yet.", None)
        gap = means[0].mean - means[1].mean
        within = abs(gap - wanted) <= GAP_WITHIN
        end = f"within {_points(GAP_WITHIN, sign=False)}" if within else f"off by {_points(gap - wanted)}"
        return Outcome(f"{line}, here {_points(gap)}: {end}.", within)

    return judged


def sooner(variant: int, other: int, share: float) -> Claim:
    """One variant's runs reach a validation accuracy in less training time than another's.

    One that trained for longer than the other one took, and never reached it, took longer.

    Args:
        variant, other: their indices; the one that is to be sooner first.
        share: the accuracy, 0 to 1.
    """

    def judged(result: KeptResult) -> Outcome:
        mine, its = result.time_to(variant, share), result.time_to(other, share)
        line = f"{percent_text(share, 0)} sooner: {result.variants[variant]} {_time(mine)}, {result.variants[other]} "
        if mine is None or its is None:
            return Outcome(f"{line}{_time(its)}.", None)
        return Outcome(f"{line}{_time(its)}.", _is_sooner(mine, its))

    return judged


def within(variant: int, share: float, most_s: float, threads: int) -> Claim:
    """A variant's runs reach a validation accuracy within so long, each on so many threads.

    Args:
        variant: its index.
        share: the accuracy, 0 to 1.
        most_s: seconds of training.
        threads: of each run; those of runs with another number say nothing.
    """

    def judged(result: KeptResult) -> Outcome:
        took = result.time_to(variant, share)
        asked = f"{percent_text(share, 0)} within {duration_text(most_s)} on {counted(threads, 'thread')}"
        line = f"{asked}: {result.variants[variant]} {_time(took)}"
        others = {run.about.get("threads", "not recorded") for run in result.of_variant(variant)} - {str(threads)}
        if took is not None and others:
            return Outcome(f"{line}, but with threads: {', '.join(sorted(others))}.", None)
        if took is None or (took.seconds is None and took.longest_s < most_s):
            return Outcome(f"{line}.", None)
        return Outcome(f"{line}.", took.seconds is not None and took.seconds <= most_s)

    return judged


def _is_sooner(mine: TimeTo, its: TimeTo) -> bool | None:
    if mine.seconds is not None and its.seconds is not None:
        return mine.seconds < its.seconds
    if mine.seconds is not None:
        return True if its.longest_s >= mine.seconds else None
    return False if its.seconds is not None and mine.longest_s >= its.seconds else None


def mean_positive_share(result: KeptResult, variant: int, layers: Sequence[str]) -> Spread | None:
    """Over a variant's runs: the mean over these layers of the share of the sign's inputs that become +1."""
    values = []
    for run in result.of_variant(variant):
        shares = [
            layer.positive_share
            for layer in run.epochs[-1].layers
            if layer.name in layers and layer.positive_share is not None
        ]
        if shares:
            values.append(math.fsum(shares) / len(shares))
    return spread(values) if values else None


def skewed(claim: str, layers: Sequence[str], skewed_variant: int, other: int) -> Claim:
    """In one variant more of the signs' inputs become +1 than in the other, and it is further from a half."""

    def judged(result: KeptResult) -> Outcome:
        there, here = (mean_positive_share(result, variant, layers) for variant in (skewed_variant, other))
        if there is None or here is None:
            return Outcome(f"{claim}: not measured yet.", None)
        text = (
            f"{claim}: {result.variants[skewed_variant]} {percent_text(there.mean)} are +1, "
            f"{result.variants[other]} {percent_text(here.mean)}."
        )
        return Outcome(text, there.mean > here.mean and abs(there.mean - 0.5) > abs(here.mean - 0.5))

    return judged


def _text(value: Spread | None) -> str:
    return "not trained yet" if value is None else value.text


def _time(took: TimeTo | None) -> str:
    return "not trained yet" if took is None else took.text


def _points(share: float, sign: bool = True) -> str:
    return f"{share * 100:{'+' if sign else ''}.1f} points"
