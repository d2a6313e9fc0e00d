"""The file is read within bounds, and what cannot be read says so."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inspection import report_file
from bnn_designer.inspection.report import Found, SignLook
from bnn_designer.inspection.report_file import from_bytes, to_bytes
from tests.inspection.conftest import Trained


def test_bytes_come_back(trained: Trained) -> None:
    assert from_bytes(to_bytes(trained.found)).inside == trained.found.inside


def changed(found: Found, **arrays: Any) -> bytes:
    return to_bytes(Found(found.inside, found.arrays | arrays))


def pickled() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, report=np.array([{}], object))
    return buffer.getvalue()


def test_what_is_no_report_is_refused(trained: Trained) -> None:
    whole = to_bytes(trained.found)
    newer = Found(trained.found.inside.model_copy(update={"version": 99}), trained.found.arrays)
    missing = {name: array for name, array in trained.found.arrays.items() if name != "confusion"}
    for data in (
        b"",
        whole[: len(whole) // 2],
        pickled(),
        to_bytes(newer),
        to_bytes(Found(trained.found.inside, missing)),
        changed(trained.found, confusion=np.zeros((1, 1))),
        changed(trained.found, confusion=np.zeros((3, 3), "U1")),
        changed(trained.found, **{"flips_last/binary_conv_1": np.zeros((1, 1, 3, 3), np.uint8)}),
    ):
        with pytest.raises(BnnDesignerError, match=r"inside\.npz: the file cannot be read .* Look inside again"):
            from_bytes(data)


def test_a_small_file_that_would_unpack_into_a_large_one_is_refused(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = changed(trained.found, more=np.zeros(2**20, np.uint8))
    monkeypatch.setattr(report_file, "MAX_BYTES", 2**20)
    assert len(data) < 2**20
    with pytest.raises(BnnDesignerError, match="at most 1,048,576 are read"):
        from_bytes(data)


def test_dead_channels_are_named_and_many_are_cut_short() -> None:
    sign = SignLook(name="c", path="c", stages=(), always_positive=(3,), always_negative=tuple(range(30)), channels=64)
    assert sign.dead_text.startswith("1 of 64 channels is always +1: 3. 30 of 64 channels are always -1: 0, 1,")
    assert sign.dead_text.endswith("18, 19 and more.")
    of_before = sign.model_copy(update={"channels": 0, "always_negative": ()})
    assert of_before.dead_text == "1 channel is always +1: 3."
    every = SignLook(name="c", path="c", stages=(), always_positive=tuple(range(16)), channels=16)
    assert every.dead_text == "All 16 channels are always +1."
