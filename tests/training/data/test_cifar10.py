"""Reading CIFAR-10: the layout, where it is looked for, and what is said of damaged files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.training.data import describe_data, load
from bnn_designer.training.data.cifar10 import _NOTES, FILE_BYTES, RECORD_BYTES, first_pictures
from bnn_designer.training.data.images import DataError

# read before the fixture below hides it from every test
REAL_DATA = os.environ.get("BNN_DATA_DIR")


@pytest.fixture(autouse=True)
def _no_data_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BNN_DATA_DIR", raising=False)
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))


def test_a_record_becomes_an_image_with_channels_last(data_copy: Path) -> None:
    records = np.fromfile(data_copy / "data_batch_3.bin", np.uint8).reshape(-1, RECORD_BYTES)
    # every byte of one record different from its neighbors, so that a wrong axis order cannot pass
    records[7, 0] = 9
    records[7, 1:] = np.arange(3072) % 251
    (data_copy / "data_batch_3.bin").unlink()
    records.tofile(data_copy / "data_batch_3.bin")

    data = load(data_copy)

    image = data.train_images[2 * 10_000 + 7]
    assert data.train_labels[2 * 10_000 + 7] == 9
    for row, column, channel in [(0, 0, 0), (0, 1, 0), (1, 0, 0), (5, 30, 1), (31, 31, 2)]:
        assert image[row, column, channel] == (channel * 1024 + row * 32 + column) % 251


def test_shapes_types_and_names(synthetic_data: Path) -> None:
    data = load(synthetic_data)
    assert data.train_images.shape == (5 * 10_000, 32, 32, 3)
    assert data.test_images.shape == (10_000, 32, 32, 3)
    assert data.train_labels.shape == (50_000,)
    assert data.train_images.dtype == data.train_labels.dtype == np.uint8
    assert data.class_names[0] == "airplane"
    assert len(data.class_names) == 10
    # the sums of its pixels are not those of the published images
    assert data.title == "CIFAR-10 (not the published pixels)"


def test_the_first_picture_of_each_class(synthetic_data: Path, tmp_path: Path) -> None:
    data = load(synthetic_data)
    found = first_pictures(synthetic_data, (8, 3))
    assert list(found) == [8, 3]
    for label, image in found.items():
        assert (image == data.test_images[np.flatnonzero(data.test_labels == label)[0]]).all()
    assert first_pictures(synthetic_data, (10,)) == {}
    (tmp_path / "test_batch.bin").write_bytes(b"short")
    with pytest.raises(DataError, match=r"test_batch\.bin: the file cannot be read"):
        first_pictures(tmp_path, (8,))


def test_the_sums_by_which_the_published_images_are_known() -> None:
    """The means of red, green and blue that are published of the training images, times 50,000 x 32 x 32 pixels."""
    means = (125.306918046875, 122.950394140625, 113.86538318359375)
    assert next(iter(_NOTES)) == tuple(mean * 50_000 * 1024 for mean in means)


@pytest.mark.parametrize("inside", [True, False])
def test_the_variable_names_the_folder_or_the_one_that_holds_it(
    synthetic_data: Path, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data if inside else synthetic_data.parent))
    assert describe_data().path == synthetic_data
    assert str(describe_data()) == f"CIFAR-10 found in {synthetic_data}"


def test_the_cache_is_used_without_the_variable(synthetic_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_CACHE_DIR", str(synthetic_data.parent))
    assert describe_data().path == synthetic_data


def test_nothing_is_downloaded_unless_asked_for(tmp_path: Path) -> None:
    status = describe_data()
    assert status.path is None
    assert status.downloadable
    with pytest.raises(DataError, match=r"not on this machine yet.*BNN_DATA_DIR"):
        load()
    assert not (tmp_path / "cache").exists()


def test_a_wrong_variable_is_an_error_and_no_reason_to_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "nowhere"))
    status = describe_data()
    assert status.path is None
    assert not status.downloadable
    with pytest.raises(DataError, match=r"nowhere.*there is no such folder.*BNN_DATA_DIR"):
        load(download=True)


def missing(path: Path) -> None:
    path.unlink()


def one_byte_short(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1])


def one_record_long(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + content[:RECORD_BYTES])


def empty(path: Path) -> None:
    path.unlink()
    path.touch()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def label_of_ten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4_321 * RECORD_BYTES] = 10
    path.unlink()
    path.write_bytes(content)


def nine_names(path: Path) -> None:
    path.unlink()
    path.write_text("a b c d e f g h i")


def not_text(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"\xff\xfe\x00")


DAMAGES = [
    ("data_batch_1.bin", missing, "the file is missing"),
    ("test_batch.bin", missing, "the file is missing"),
    ("batches.meta.txt", missing, "the file is missing"),
    ("data_batch_2.bin", a_folder, "the file is missing"),
    ("data_batch_5.bin", one_byte_short, f"the file has {FILE_BYTES - 1:,} bytes, not 10,000 x 3,073 = {FILE_BYTES:,}"),
    ("data_batch_4.bin", one_record_long, f"the file has {FILE_BYTES + 3073:,} bytes"),
    ("data_batch_1.bin", empty, "the file has 0 bytes"),
    ("test_batch.bin", label_of_ten, "record 4,321 has label 10, labels go from 0 to 9"),
    ("batches.meta.txt", nine_names, "the file names 9 classes, not 10"),
    ("batches.meta.txt", not_text, "the file cannot be read as text"),
]


@pytest.mark.parametrize(("name", "damage", "rule"), DAMAGES)
def test_damage_is_named_with_its_mend(data_copy: Path, name: str, damage: Callable[[Path], None], rule: str) -> None:
    damage(data_copy / name)
    with pytest.raises(DataError) as caught:
        load(data_copy)
    assert caught.value.path == str(data_copy / name)
    assert rule in caught.value.rule
    assert f"Put complete files into {data_copy}" in str(caught.value)
    assert "BNN_DATA_DIR" in str(caught.value)


def test_a_damaged_cache_is_reported_and_not_written_over(data_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_CACHE_DIR", str(data_copy.parent))
    one_byte_short(data_copy / "data_batch_1.bin")
    assert describe_data().path is None
    assert "data_batch_1.bin" in str(describe_data())
    with pytest.raises(DataError, match="Delete"):
        load(download=True)


@pytest.mark.skipif(not REAL_DATA, reason="BNN_DATA_DIR is not set: the real CIFAR-10 images were not looked at")
def test_real_images() -> None:
    """Facts of the real data set: 5,000 training and 1,000 test images a class."""
    data = load(Path(str(REAL_DATA)))
    assert np.bincount(data.train_labels).tolist() == [5_000] * 10
    assert np.bincount(data.test_labels).tolist() == [1_000] * 10
    assert data.class_names[3] == "cat"
    # which of the copies that circulate this is: no other has been seen
    assert data.title in ("CIFAR-10", "CIFAR-10 (JPEG re-encoded)")
    # the mean pixel of CIFAR-10's training set is (0.491, 0.482, 0.447) of full scale, whatever the order of images
    means = data.train_images.mean(axis=(0, 1, 2)) / 255
    assert means == pytest.approx([0.491, 0.482, 0.447], abs=0.005)


def test_light_modules_do_not_import_tensorflow() -> None:
    """What a page imports of these rooms, in a process of its own."""
    modules = [f"training.{name}" for name in ("data", "data.download", "recipe", "schedule", "events")]
    modules += [f"runs.{name}" for name in ("store", "queue", "execute", "worker")]
    imports = "; ".join(f"import bnn_designer.{module}" for module in modules)
    script = (
        f"import sys; {imports}; sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'streamlit')))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
