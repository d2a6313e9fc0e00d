"""IDX files, and MNIST's and Fashion-MNIST's in particular: round trips, damages, where they are looked for."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import md5
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from bnn_designer.training.data import SETS, DataError, describe_data, load
from bnn_designer.training.data.idx import read_idx, read_sizes
from bnn_designer.training.data.source import RemoteFile
from tests.training.data.made import idx_bytes, read_or_refusal, write_idx, write_idx_set


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_data_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BNN_DATA_DIR", raising=False)
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("idx")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four files of MNIST's own sizes in ``mnist``; not to be written to."""
    return write_idx_set(tmp_path_factory.mktemp("data") / "mnist", 60_000, 10_000, end=".gz").parent


@given(
    values=arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=7)),
    packed=st.booleans(),
    dotted=st.booleans(),
)
def test_what_was_written_is_read(folder: Path, values: np.ndarray, packed: bool, dotted: bool) -> None:
    path = write_idx(folder / f"values{'.idx' if dotted else '-idx'}{'.gz' if packed else ''}", values)
    assert read_sizes(path, values.ndim) == values.shape
    assert (read_idx(path, values.ndim) == values).all()


@given(
    content=st.binary(max_size=40) | st.binary(max_size=40).map(lambda rest: bytes((0, 0, 8, 1, 0, 0, 0)) + rest),
    packed=st.booleans(),
    axes=st.sampled_from([1, 3]),
)
def test_any_bytes_are_read_or_refused(folder: Path, content: bytes, packed: bool, axes: int) -> None:
    path = folder / "any"
    path.write_bytes(gzip.compress(content) if packed else content)
    found = read_or_refusal(lambda: read_idx(path, axes))
    if isinstance(found, DataError):
        assert found.path == str(path)
    else:
        assert idx_bytes(found) == content


@given(cut=st.integers(0, 60), flipped=st.integers(0, 59))
def test_a_gzipped_file_that_was_damaged_is_read_as_it_was_or_refused(folder: Path, cut: int, flipped: int) -> None:
    values = np.arange(200, dtype=np.uint8)
    whole = gzip.compress(idx_bytes(values), mtime=0)
    damaged = bytearray(whole)
    damaged[flipped % len(whole)] ^= 0xFF
    for content in (whole[: min(cut, len(whole) - 1)], bytes(damaged)):
        path = folder / "damaged.gz"
        path.write_bytes(content)
        found = read_or_refusal(lambda path=path: read_idx(path, 1))  # type: ignore[misc]
        if isinstance(found, DataError):
            assert found.path == str(path)
        else:
            assert (found == values).all()


def header(*sizes: int) -> bytes:
    return bytes((0, 0, 8, len(sizes))) + b"".join(size.to_bytes(4, "big") for size in sizes)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "it begins with nothing, and an IDX file of 1 axes with 00 00 08 01"),
        (bytes((0, 0, 13, 1)) + bytes(8), "it begins with 00 00 0d 01"),  # 13: floats
        (header(2)[:6], "it ends within its header"),
        (header(3) + b"ab", "its header says 3 bytes, and there are 2"),
        (header(3) + b"abcd", "its header says 3 bytes, and there are more"),
        (header(2**32 - 1) + b"abcd", "its header says 4,294,967,295 bytes, more than it can hold"),
        # 24 bytes of gzip hold at most 1,032 times as many
        (gzip.compress(header(2**31), mtime=0), "its header says 2,147,483,648 bytes, more than it can hold"),
        (gzip.compress(header(3) + b"abc", mtime=0)[:-9], "the file cannot be read"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, content: bytes, rule: str) -> None:
    (tmp_path / "labels").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(tmp_path / "labels", 1)
    assert rule in caught.value.rule
    assert caught.value.path == str(tmp_path / "labels")


def test_mnist_is_read(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(whole))
    assert str(describe_data("mnist")) == f"MNIST found in {whole / 'mnist'}"
    data = load("mnist")
    assert (data.title, data.class_names) == ("MNIST", tuple("0123456789"))
    assert (data.train_images.shape, data.test_images.shape) == ((60_000, 28, 28, 1), (10_000, 28, 28, 1))
    assert (data.train_images[:, 27, 27, 0] == data.train_labels).all()
    assert data.train_labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert not data.augmentation.mirror
    assert data.augmentation.fill == -1
    assert describe_data("fashion-mnist").downloadable


def test_mnist_is_downloaded_file_by_file(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a real server on this machine; of the four files, one is not the published one at first."""
    files = sorted((whole / "mnist").iterdir())
    handler = partial(QuietHandler, directory=str(whole / "mnist"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        remote = tuple(
            RemoteFile(f"{address}/{path.name}", f"md5:{md5(path.read_bytes()).hexdigest()}", path.stat().st_size)
            for path in files
        )
        wrong = (*remote[:3], replace(remote[3], checksum="md5:" + "0" * 32))
        seen: list[str] = []
        try:
            monkeypatch.setitem(SETS, "mnist", replace(SETS["mnist"], remote=wrong))
            with pytest.raises(DataError, match="what was downloaded is not the published file") as caught:
                load("mnist", download=True)
            assert caught.value.path == f"{address}/train-labels-idx1-ubyte.gz"
            assert list((tmp_path / "cache").iterdir()) == []
            monkeypatch.setitem(SETS, "mnist", replace(SETS["mnist"], remote=remote))
            data = load("mnist", download=True, progress=lambda loading: seen.append(str(loading)))
        finally:
            server.shutdown()
    assert data.sha256 == load(whole / "mnist").sha256
    assert describe_data("mnist").path == tmp_path / "cache" / "mnist"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["mnist"]
    assert seen[-1].startswith("Downloading MNIST: 100 % of ")
    tenths = [int(text.split()[2]) for text in seen]
    assert tenths == sorted(tenths)


@pytest.mark.parametrize(
    ("data", "place"),
    [("mnist", "MNIST/raw"), ("fashion-mnist", "fashion-mnist"), ("fashion-mnist", "FashionMNIST/raw")],
)
def test_places_in_the_folder_for_data(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str, place: str
) -> None:
    (tmp_path / "data" / place).parent.mkdir(parents=True)
    (tmp_path / "data" / place).symlink_to(whole / "mnist")
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "data"))
    assert describe_data(data).path == tmp_path / "data" / place
    assert all(describe_data(name).downloadable for name in SETS if name != data)


def test_files_that_could_be_either_set_are_told_by_the_name_of_their_folder(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(whole / "mnist"))
    assert describe_data("mnist").path == whole / "mnist"
    assert describe_data("fashion-mnist").path is None


def test_a_set_that_the_folder_for_data_lacks_is_looked_for_in_the_cache(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BNN_CACHE_DIR", str(whole))
    assert describe_data("mnist").path == whole / "mnist"
    status = describe_data("fashion-mnist")
    # 26,421,880 + 29,515 + 4,422,102 + 5,148 bytes
    assert (status.downloadable, status.download_bytes) == (True, 30_878_645)
    assert "(31 MB)" in str(status)


def missing(path: Path) -> None:
    path.unlink()


def short(path: Path) -> None:
    write_idx(path, np.zeros((59_999, 28, 28), np.uint8))


def other_size(path: Path) -> None:
    path.unlink()
    write_idx(path.with_name(path.name + ".gz"), np.zeros((60_000, 8, 8), np.uint8))


def label_of_ten(path: Path) -> None:
    labels = np.zeros(10_000, np.uint8)
    labels[77] = 10
    write_idx(path, labels)


@pytest.mark.parametrize(
    ("name", "damage", "rule", "at_once"),
    [
        ("t10k-images-idx3-ubyte", missing, "the file is missing, and so is that with .gz", True),
        # 16 bytes of header, 59,999 x 784 and 60,000 x 784 bytes
        ("train-images-idx3-ubyte", short, "the file has 47,039,232 bytes, not 47,040,016", True),
        (
            "train-images-idx3-ubyte",
            other_size,
            "its header says 60,000 x 8 x 8, and MNIST has 60,000 x 28 x 28",
            False,
        ),
        ("t10k-labels-idx1-ubyte", label_of_ten, "label 77 is 10, and labels go from 0 to 9", False),
    ],
)
def test_damage_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, damage: Callable[[Path], None], rule: str, at_once: bool
) -> None:
    folder = write_idx_set(tmp_path / "mnist", 60_000, 10_000)
    damage(folder / name)
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path))
    assert (describe_data("mnist").path is None) == at_once
    with pytest.raises(DataError) as caught:
        load("mnist", download=True)
    assert rule in str(caught.value)
    assert name in caught.value.path


def test_files_of_ones_own_in_the_same_format(tmp_path: Path) -> None:
    folder = write_idx_set(tmp_path / "kuzushiji", 30, 20, size=(9, 7), end=".gz")
    status = describe_data(str(folder))
    assert status.facts is not None
    assert (status.title, status.facts.shape, status.facts.classes) == ("kuzushiji", (9, 7, 1), 10)
    data = load(folder)
    assert (data.train_images.shape, data.test_images.shape) == ((30, 9, 7, 1), (20, 9, 7, 1))
    assert data.class_names == tuple("0123456789")


def test_labels_that_are_fewer_than_the_images(tmp_path: Path) -> None:
    folder = write_idx_set(tmp_path / "own", 30, 20)
    write_idx(folder / "train-labels-idx1-ubyte", (np.arange(29) % 10).astype(np.uint8))
    with pytest.raises(DataError, match="there are 29 labels for the 30 images of train-images-idx3-ubyte"):
        load(folder)
