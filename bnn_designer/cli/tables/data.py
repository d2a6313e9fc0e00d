"""Data sets for people, and as data."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bnn_designer.training.data import SETS, DataStatus, Images, describe_data, own_sets
from bnn_designer.units import shape_text


def _statuses() -> dict[str, DataStatus]:
    """Published sets by name, then those of one's own by path."""
    return {name: describe_data(name) for name in (*SETS, *(str(path) for path in own_sets()))}


def sets_data() -> list[dict[str, Any]]:
    """As ``data --json`` prints it."""
    return [
        {
            "data": name,
            "title": status.title,
            "path": None if status.path is None else str(status.path),
            "problem": None if status.problem is None else str(status.problem),
            "downloadable": status.downloadable,
            "shape": None if status.facts is None else list(status.facts.shape),
            "classes": None if status.facts is None else status.facts.classes,
            "augmentation": str(SETS[name].augmentation) if name in SETS else None,
        }
        for name, status in _statuses().items()
    ]


def print_sets(console: Console) -> None:
    """A line for each set: where it is, or what to do about it."""
    table = Table(box=None, pad_edge=False)
    for column in ("data", "images", "classes", "where"):
        table.add_column(column, justify="right" if column == "classes" else "left", overflow="fold")
    for name, status in _statuses().items():
        facts = status.facts
        table.add_row(
            escape(name),
            "" if facts is None else shape_text(facts.shape),
            "" if facts is None else f"{facts.classes:,}",
            escape(str(status.path or status.problem)),
        )
    console.print(table)


def contents_data(found: Images) -> dict[str, Any]:
    """As ``data NAME --json`` prints it."""
    return {
        "title": found.title,
        "shape": list(found.facts.shape),
        "train_images": len(found.train_images),
        "test_images": len(found.test_images),
        "classes": [
            {"name": name, "train_images": train, "test_images": test}
            for name, train, test in zip(found.class_names, *_counts(found), strict=True)
        ],
        "augmentation": str(found.augmentation),
        "sha256": found.sha256,
    }


def print_contents(found: Images, console: Console) -> None:
    """What is in a set, class by class."""
    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for column in ("training", "test"):
        table.add_column(column, justify="right")
    for name, train, test in zip(found.class_names, *_counts(found), strict=True):
        table.add_row(escape(name), f"{train:,}", f"{test:,}")
    lines = (
        f"{found.title}: {len(found.train_images):,} training and {len(found.test_images):,} test images of "
        f"{shape_text(found.facts.shape)}",
        f"in training {found.augmentation}",
        f"sha256 {found.sha256}",
    )
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(table)


def _counts(found: Images) -> tuple[list[int], list[int]]:
    """Training and test images of each class."""
    train, test = (
        np.bincount(labels, minlength=found.facts.classes).tolist()
        for labels in (found.train_labels, found.test_labels)
    )
    return train, test
