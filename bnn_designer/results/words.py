"""What a result says, as texts that the page and the command share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bnn_designer.results.catalogue import Entry
from bnn_designer.results.kept import KeptResult
from bnn_designer.units import counted, percent_text

#: What the runs of a result have in common, or where they differ, in the order in which it is said.
CIRCUMSTANCES = ("data", "machine", "engine", "gradients", "threads", "version")


@dataclass(frozen=True)
class VariantRow:
    """A variant's line of a table, each cell a text but ``runs``."""

    title: str
    accuracy: str
    spread: str
    runs: int
    verdict: str


def variant_rows(kept: KeptResult) -> tuple[VariantRow, ...]:
    """A line for each variant: the mean of its runs' best validations, their spread, the verdict against the first."""
    rows = []
    for index, title in enumerate(kept.variants):
        best = kept.best(index)
        rows.append(
            VariantRow(
                title,
                "not trained yet" if best is None else percent_text(best.mean),
                "" if best is None else best.deviation_text,
                0 if best is None else best.count,
                "compared with" if index == 0 else kept.comparison(index).text,
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class TimeRow:
    """A variant's training times, a text for each accuracy of the entry."""

    title: str
    times: tuple[str, ...]


def time_rows(entry: Entry, kept: KeptResult) -> tuple[TimeRow, ...]:
    """A line for each variant of a result about time: ``1:12:30``, ``not in 2:05:10`` or ``not trained yet``."""
    rows = []
    for index, title in enumerate(kept.variants):
        found = (kept.time_to(index, share) for share in entry.accuracies)
        rows.append(TimeRow(title, tuple("not trained yet" if one is None else one.text for one in found)))
    return tuple(rows)


def accuracy_headings(entry: Entry) -> tuple[str, ...]:
    """``to 75 %``, in the order of :class:`TimeRow`."""
    return tuple(f"to {percent_text(share, 0)}" for share in entry.accuracies)


def state_text(entry: Entry, kept: KeptResult | None) -> str:
    """Of a list: how the claims came out, and whether runs are missing."""
    if kept is None:
        return "not trained yet"
    words = Counter(claim(kept).word for claim in entry.claims)
    text = ", ".join(f"{words[word]} {word}" for word in ("reproduced", "not reproduced", "open") if words[word])
    claims = counted(len(entry.claims), "claim")
    return f"{claims}: {text}" + (f"; {counted(kept.missing, 'run')} not trained yet" if kept.missing else "")


def circumstances(kept: KeptResult) -> tuple[tuple[str, str], ...]:
    """Names and texts of what the runs are of; where they differ, all values, each once."""
    found = []
    for name in CIRCUMSTANCES:
        values = dict.fromkeys(run.about.get(name, "not recorded") for run in kept.runs)
        found.append((name, "; ".join(values)))
    dates = sorted(run.about["date"] for run in kept.runs if "date" in run.about)
    if dates:
        found.append(("date", dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"))
    return tuple(found)
