"""The file: what is saved comes back, and nothing that was changed is run."""

from __future__ import annotations

import hashlib
import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower
from bnn_designer.inference import Engine, EngineError
from bnn_designer.packing import PackedFileError, load, pack, save
from bnn_designer.packing.file import from_bytes, to_bytes
from tests.inference.models import keras_outputs, random_images, random_model

HEADER_AT = 64


def design() -> Design:
    """A bit of everything: float and binary convolutions, a shortcut, pools, a concatenation, a depthwise blur."""
    conv = b.BinaryConv(filters=8, kernel_size=(3, 3), input_quantizer="ste_sign", kernel_quantizer="ste_sign")
    return Design(
        name="small",
        input_shape=(8, 8, 3),
        classes=4,
        blocks=(
            b.Conv(filters=8, kernel_size=(3, 3), activation="prelu"),
            b.Shortcut(body=(conv.model_copy(update={"id": "C1"}),)),
            b.Shortcut(body=(conv.model_copy(update={"id": "C2"}),), merge="concatenate"),
            b.BlurPool(stride=2, kernel_size=3),
            b.PoolBatchNorm(pool="max"),
            b.Flatten(),
            b.Head(),
        ),
    )


@cache
def file_bytes() -> bytes:
    graph = lower(design())
    return to_bytes(pack(graph, random_model(graph), design()))


def read(data: bytes) -> Any:
    return from_bytes(np.frombuffer(data, np.uint8), "net.bnn")


def signed(header: dict[str, Any], numbers: bytes | None = None) -> bytes:
    """A file with another header, its checksum and lengths right."""
    if numbers is None:
        numbers = file_bytes()[-numbers_size() :]
    text = json.dumps(header).encode()
    start = struct.pack("<8sIIQQ", b"BNNPACK\0", 1, 0, len(text), len(numbers))
    body = text + bytes(-(HEADER_AT + len(text)) % 64) + numbers
    return start + hashlib.sha256(start + body).digest() + body


def header_of(data: bytes) -> dict[str, Any]:
    (size,) = struct.unpack("<Q", data[16:24])
    found: dict[str, Any] = json.loads(data[HEADER_AT : HEADER_AT + size])
    return found


def numbers_size() -> int:
    (size,) = struct.unpack("<Q", file_bytes()[24:32])
    return int(size)


def test_what_is_saved_comes_back_and_runs(tmp_path: Path) -> None:
    graph = lower(design())
    model, images = random_model(graph), random_images(graph, 20)
    network = pack(graph, model, design())
    path = tmp_path / "net.bnn"
    assert save(network, path) == path.stat().st_size
    loaded = load(path)
    assert loaded.header == network.header
    assert Design.from_data(loaded.header.design) == design()
    with Engine(network) as before, Engine(loaded) as after:
        np.testing.assert_array_equal(after.run(images), before.run(images))
        np.testing.assert_allclose(after.run(images), keras_outputs(model, images), rtol=1e-4, atol=1e-5)


def test_the_same_network_gives_the_same_file() -> None:
    graph = lower(design())
    assert to_bytes(pack(graph, random_model(graph), design())) == file_bytes()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "net.bnn"
    path.write_text("mine")
    with pytest.raises(BnnDesignerError, match="already exists"):
        save(read(file_bytes()), path)
    assert path.read_text() == "mine"
    save(read(file_bytes()), path, overwrite=True)
    assert path.read_bytes() == file_bytes()
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PackedFileError, match=r"none\.bnn: the file cannot be read: No such file"):
        load(tmp_path / "none.bnn")


@given(st.integers(0, len(file_bytes()) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found(position: int, change: int) -> None:
    data = bytearray(file_bytes())
    data[position] ^= change
    with pytest.raises(PackedFileError):
        read(bytes(data))


@given(st.integers(0, len(file_bytes()) - 1))
def test_a_file_that_ends_early_is_found(size: int) -> None:
    with pytest.raises(PackedFileError):
        read(file_bytes()[:size])


@given(st.binary(max_size=300))
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(PackedFileError, match="does not start with BNNPACK"):
        read(data)


@pytest.mark.parametrize(
    ("position", "values", "words"),
    [
        (8, struct.pack("<I", 3), "format 3, and this version reads formats 1 and 2. Use a newer version"),
        (8, struct.pack("<I", 0), "format 0, and this version reads formats 1 and 2. Pack the network again"),
        (16, struct.pack("<Q", 2**63), "a header of 9223372036854775808"),
        (24, struct.pack("<Q", 2**40), "numbers of 1099511627776"),
        (24, struct.pack("<Q", 64), "and should have"),
        (40, b"\0\1\2", "checksum does not match"),
    ],
)
def test_bad_starts_say_what_is_wrong(position: int, values: bytes, words: str) -> None:
    data = bytearray(file_bytes())
    data[position : position + len(values)] = values
    with pytest.raises(PackedFileError, match=words):
        read(bytes(data))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: h["tensors"][0].update(offset=h["arena_bytes"]), "lies at bytes"),
        (lambda h: h["tensors"][0].update(offset=2**37), "header is not valid at tensors.0.offset"),
        (lambda h: h["blobs"][0].update(offset=2**30), "array 0 lies at bytes"),
        (lambda h: h["blobs"][0].update(shape=[1, 1]), "are needed"),
        (lambda h: h["groups"][0]["geometry"].__setitem__(5, 9), "group conv_1: .* needed"),
        (lambda h: h["groups"][0]["parts"][0].update(tensor="nothing"), "tensor nothing is read before it is made"),
        (lambda h: h["groups"][1].update(source="dance"), "header is not valid at groups.1.source"),
        (lambda h: h["groups"].reverse(), "read before it is made"),
        (lambda h: h["groups"].pop(), "no group makes the output"),
        (lambda h: h.update(outputs=5), "output has 5 numbers, not 4"),
        (lambda h: h.update(surprise=1), "header is not valid at surprise"),
        (lambda h: h.pop("arena_bytes"), "header is not valid at arena_bytes"),
        (lambda h: h["groups"][0]["steps"][0].update(low=1e999), "header is not valid"),
    ],
)
def test_headers_that_do_not_fit_say_where(change: Any, words: str) -> None:
    header = header_of(file_bytes())
    change(header)
    with pytest.raises(PackedFileError, match=words) as caught:
        read(signed(header))
    assert str(caught.value).startswith("net.bnn: ")
    assert "Pack the network again" in str(caught.value)


def test_a_header_that_is_no_json() -> None:
    start = struct.pack("<8sIIQQ", b"BNNPACK\0", 1, 0, 3, 0)
    body = b"{]}" + bytes(61)
    with pytest.raises(PackedFileError, match="header is not valid at its start"):
        read(start + hashlib.sha256(start + body).digest() + body)


def _numbers_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to all numbers of a header but those of the design, which nothing is run from."""
    if isinstance(value, dict):
        return [found for key, one in value.items() if key != "design" for found in _numbers_in(one, (*path, key))]
    if isinstance(value, list):
        return [found for key, one in enumerate(value) for found in _numbers_in(one, (*path, key))]
    return [path] if isinstance(value, int | float) else []


@settings(max_examples=400)
@given(st.data())
def test_no_header_makes_the_engine_leave_its_memory(data: st.DataObject) -> None:
    """Numbers changed at will, the checksum right: refused, or run without harm."""
    header = header_of(file_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(_numbers_in(header)))
        parent: Any = header
        for key in way:
            parent = parent[key]
        old = parent[last]
        near = st.sampled_from([old + 1, old - 1, old * 2, 0, 1, 2, 3, 64, 128])
        parent[last] = data.draw(near | st.integers(-5, 2**21) | st.integers(0, 2**70))
    try:
        network = read(signed(header))
        engine = Engine(network, 2)
    except (PackedFileError, EngineError):
        return
    with engine:
        assert engine.run(np.ones((1, *engine.input_shape), np.float32)).shape == (1, network.header.outputs)


@given(st.data())
def test_no_mix_of_tensors_makes_it_either(data: st.DataObject) -> None:
    header = header_of(file_bytes())
    names = [tensor["name"] for tensor in header["tensors"]] + ["image", "result", "zeros"]
    for _ in range(data.draw(st.integers(1, 3))):
        group = data.draw(st.sampled_from(header["groups"]))
        entry = data.draw(st.sampled_from([*group["parts"], *group["steps"]]))
        entry["tensor"] = data.draw(st.sampled_from(names))
    try:
        engine = Engine(read(signed(header)), 1)
    except (PackedFileError, EngineError):
        return
    with engine:
        engine.run(np.ones((1, *engine.input_shape), np.float32))
