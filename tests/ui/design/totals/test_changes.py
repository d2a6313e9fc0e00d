from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.cost import DeployOptions
from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import Remove
from bnn_designer.design.presets import preset
from bnn_designer.ui.design.totals.changes import Change, Seen, change, values
from bnn_designer.ui.design.totals.figures import CONVENTIONS, Total, totals
from bnn_designer.units import bytes_text

MINUS = "\N{MINUS SIGN}"


def total(value: float | None, lower_is_better: bool = True) -> Total:
    return Total("file_bytes", "File", value, "", "", "", bytes_text, lower_is_better=lower_is_better)


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        (3072, 1024, Change("+2.00 KiB", True)),
        (1024, 3072, Change(f"{MINUS}2.00 KiB", False)),
        (1024, 1024, Change("", None)),
        (0, 0, Change("", None)),
        (5, 0, Change("+5 B", True)),
        (None, 1024, Change("", None)),
        (1024, None, Change("", None)),
        (None, None, Change("", None)),
    ],
)
def test_a_change_in_words(value: float | None, before: float | None, expected: Change) -> None:
    assert change(total(value), before) == expected


def test_more_devices_that_it_fits_are_better() -> None:
    assert change(total(5, lower_is_better=False), 3).worse is False
    assert change(total(3, lower_is_better=False), 5).worse is True


@given(st.lists(st.integers(0, 10), min_size=1))
def test_since_the_last_edit_and_since_it_was_opened(sizes: list[int]) -> None:
    seen = Seen(revision=1)
    for revision, size in enumerate(sizes, start=1):
        for _ in range(2):  # the page is drawn several times for one revision
            seen.see(revision, {"file": size})
    assert seen.now == {"file": sizes[-1]}
    assert seen.first == {"file": sizes[0]}
    assert seen.before == {"file": sizes[-2] if len(sizes) > 1 else sizes[0]}


def test_another_convention_or_device_is_no_change() -> None:
    design, options = preset("bi-real-cifar"), DeployOptions()
    smaller = apply_edit(design, Remove(block_id="shortcut_1"))
    seen = Seen(revision=1)

    def see(revision: int, now: Design, convention: str, device: str | None) -> dict[str, str]:
        found = totals(now, options, convention, device)  # type: ignore[arg-type]
        key = f"{convention}.{device}"
        seen.see(revision, values(found, key))
        return {one.name: change(one, seen.before.get(f"{key}.{one.name}")).text for one in found}

    choices = [(convention, device) for convention in CONVENTIONS for device in (None, "raspberry-pi-4b")]
    for convention, device in choices:
        assert not any(see(1, design, convention, device).values())
    # an edit changes the figures as they are shown, and a look by another convention is no further change
    for convention, device in [choices[-1], *choices]:
        found = see(2, smaller, convention, device)
        if (convention, device) == choices[-1]:
            assert found["params"].startswith(MINUS)
            assert found["file_bytes"].startswith(MINUS)
        else:
            assert not any(found.values())


def test_a_figure_that_was_not_known_has_no_change() -> None:
    seen = Seen(revision=1)
    seen.see(1, {"file": None})
    seen.see(2, {"file": 5})
    assert change(total(5), seen.before["file"]) == Change("", None)
    seen.see(3, {"file": 7})
    assert change(total(7), seen.before["file"]) == Change("+2 B", True)


def test_what_was_not_known_when_it_was_opened_has_no_change_since_then() -> None:
    seen = Seen(revision=1)
    for revision, value in enumerate((None, 5, 9), start=1):
        seen.see(revision, {"file": value})
    assert change(total(9), seen.before["file"]) == Change("+4 B", True)
    assert change(total(9), seen.first["file"]) == Change("", None)
