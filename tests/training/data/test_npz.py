"""Archives of arrays of one's own: what they may hold, and that no file makes more of itself than it says."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.training.data import DataError, describe_data, load
from tests.training.data.made import arrays, read_or_refusal, write_npz


def test_what_was_saved_is_read(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "shapes.npz", {"class_names": np.array(["ring", "dot", "bar"]), "mirror": True})
    assert str(describe_data(str(path)).facts) == "shapes: 6 x 5 x 3, 3 classes"
    data = load(path)
    assert (data.title, data.class_names) == ("shapes", ("ring", "dot", "bar"))
    assert (data.train_images.shape, data.test_images.shape) == ((12, 6, 5, 3), (4, 6, 5, 3))
    assert (data.train_images.dtype, data.train_labels.dtype) == (np.uint8, np.uint8)
    # picture k has level k and label k modulo 3, in an order that is drawn, always the same
    order = data.train_images[:, 0, 0, 0]
    assert sorted(order.tolist()) == list(range(12))
    assert order.tolist() != list(range(12))
    assert (order % 3 == data.train_labels).all()
    assert data.augmentation.mirror
    assert load(path).sha256 == data.sha256


def test_gray_images_need_no_axis_of_channels_and_classes_no_names(tmp_path: Path) -> None:
    data = load(write_npz(tmp_path / "own.npz", shape=(6, 5)))
    assert data.facts.shape == (6, 5, 1)
    assert data.class_names == ("0", "1", "2")
    assert not data.augmentation.mirror


def test_more_than_256_classes(tmp_path: Path) -> None:
    data = load(write_npz(tmp_path / "own.npz", {"test_labels": np.array([0, 299, 1, 2])}))
    assert data.facts.classes == 300
    assert data.test_labels.dtype == np.uint16
    assert sorted(data.test_labels.tolist()) == [0, 1, 2, 299]


def test_a_name_for_a_class_of_which_there_is_no_image(tmp_path: Path) -> None:
    assert load(write_npz(tmp_path / "own.npz", {"class_names": np.array(list("abcd"))})).facts.classes == 4


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"test_labels": None}, "it holds no test_labels"),
        ({"pictures": np.zeros(3)}, "it holds 'pictures.npy', which is none of them"),
        ({"train_images": np.zeros((12, 6, 5, 3), np.float32)}, "train_images: its values are float32, and images are"),
        ({"train_images": np.zeros((12, 6), np.uint8)}, "train_images: it has 2 axes, not 3 or 4"),
        ({"train_labels": np.zeros(12)}, "train_labels: its values are float64, and labels are whole numbers"),
        ({"train_labels": np.zeros(11, int)}, "train_labels: there are 11 labels for 12 images"),
        ({"train_labels": np.full(12, -1)}, "train_labels: label 0 is -1, and labels are 0 to 999 at most"),
        ({"test_labels": np.array([0, 1, 2**63, 0], np.uint64)}, "label 2 is 9223372036854775808"),
        (
            {"test_images": np.zeros((4, 6, 6, 3), np.uint8)},
            "test_images: its images are (6, 6, 3), and those to train",
        ),
        (arrays(train=9), "train_images: it holds 9 images, and 10 are the least"),
        (arrays(test=0), "test_images: it holds 0 images, and 1 are the least"),
        ({"class_names": np.array(["a", "b"])}, "train_labels: a label is 2, and class_names names 2: 0 to 1"),
        ({"class_names": np.array(["a", "a", "b"])}, "class_names: a name is there twice, empty, or not plain text"),
        ({"class_names": np.array(["a", "", "b"])}, "class_names: a name is there twice, empty, or not plain text"),
        ({"class_names": np.array([1, 2, 3])}, "class_names: it is int64 (3,), and must be a row of 2 to 1,000 texts"),
        ({"class_names": np.array(["a" * 201, "b", "c"])}, "class_names: a name is longer than 200 characters"),
        ({"mirror": 1}, "mirror: it is int64 (), and must be one True or False"),
        ({"train_images": np.zeros((12, 0, 5, 3), np.uint8), "test_images": np.zeros((4, 0, 5, 3), np.uint8)}, "0 x 5"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], rule: str) -> None:
    path = write_npz(tmp_path / "own.npz", changes)
    with pytest.raises(DataError) as caught:
        load(path)
    assert rule in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    path = write_npz(tmp_path / "own.npz", {"class_names": np.array([Trap(), Trap(), Trap()], object)})
    with pytest.raises(DataError, match="class_names: it holds Python objects, which are never read"):
        load(path)
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match=r"cannot be read as an .npz file"):
        load(tmp_path / "bare.npz")
    assert not (tmp_path / "sprung").exists()


def npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def header_only(shape: tuple[int, ...]) -> bytes:
    """The header of an array of bytes, without any."""
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return content.getvalue()


def archive(path: Path, **members: bytes) -> Path:
    found = {name: npy(array) for name, array in arrays().items()} | members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in found.items():
            file.writestr(f"{name}.npy", content)
    return path


def test_an_array_is_as_large_as_it_says(tmp_path: Path) -> None:
    path = archive(tmp_path / "own.npz", train_images=header_only((10**6, 1000, 1000, 3)))
    with pytest.raises(DataError, match=r"its header says 3,000,000,000,000 bytes, and the archive has 0"):
        load(path)
    path = archive(tmp_path / "own.npz", train_images=header_only((2, 2)) + bytes(9))
    with pytest.raises(DataError, match=r"train_images: it has 2 axes"):
        load(path)


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    """64 MiB of zeros in 300 KB: header and archive agree, so only the bound stands against it."""
    path = tmp_path / "bomb.npz"
    zeros = bytes(2**20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, array in arrays().items():
            if name != "train_labels":
                file.writestr(f"{name}.npy", npy(array))
        with file.open("train_labels.npy", "w") as member:
            member.write(header_only((64 * 2**20,)))
            for _ in range(64):
                member.write(zeros)
    with pytest.raises(DataError, match="train_labels: it takes 67,108,864 bytes, and may take 8,000,000"):
        load(path)


@given(content=st.binary(max_size=80), place=st.integers(0, 10**6), kept=st.booleans())
def test_any_damage_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int, kept: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    whole = write_npz(path).read_bytes()
    place %= len(whole)
    path.write_bytes(whole[:place] + content + (whole[place + len(content) :] if kept else b""))
    found = read_or_refusal(lambda: load(path))
    if isinstance(found, DataError):
        assert found.path.startswith(str(path))
    else:
        assert len(found.train_images) == len(found.train_labels)


@given(header=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_header_of_an_array_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, header: bytes) -> None:
    magic = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    path = archive(tmp_path_factory.getbasetemp() / "header.npz", mirror=magic + header)
    with pytest.raises(DataError, match="mirror"):
        load(path)
