"""Folders of pictures of one's own: how they are laid out, split, scaled and converted, and every way to be wrong."""

from __future__ import annotations

import io
import json
import struct
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bnn_designer.training.data import DataError, describe_data, load
from bnn_designer.training.data.decode import MAX_FILE_BYTES, read_picture
from tests.training.data.made import read_or_refusal, write_picture, write_pictures

COUNTS = {"daisy": 10, "rose": 5, "tulip": 15}


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """Three classes of 10, 5 and 15 pictures of 8 x 8 pixels, not split yet."""
    return write_pictures(tmp_path / "flowers", COUNTS)


def settings(folder: Path, **fields: Any) -> None:
    (folder / "data.json").write_text(json.dumps(fields))


def levels(images: np.ndarray) -> list[int]:
    return [int(image[0, 0, 0]) for image in images]


def test_a_folder_that_is_split_by_a_seed(flowers: Path) -> None:
    status = describe_data(str(flowers))
    assert str(status.facts) == "flowers: 8 x 8 x 3, 3 classes"
    data = load(flowers)
    assert data.class_names == ("daisy", "rose", "tulip")
    assert data.title == "flowers (20% of each class for testing by seed 0)"
    # a fifth of 10, of 5 and of 15
    assert np.bincount(data.test_labels).tolist() == [2, 1, 3]
    assert np.bincount(data.train_labels).tolist() == [8, 4, 12]
    # every picture is there once, with its class: picture k of class c has level 16 c + k
    seen = levels(data.train_images) + levels(data.test_images)
    assert sorted(seen) == [16 * label + k for label, count in enumerate(COUNTS.values()) for k in range(count)]
    assert [level // 16 for level in levels(data.train_images)] == data.train_labels.tolist()
    assert not data.augmentation.mirror


def test_the_split_and_the_order_follow_from_the_seed(flowers: Path) -> None:
    first, again = load(flowers), load(flowers)
    assert first.sha256 == again.sha256
    # not class by class, so that the first 8 are of more than one
    assert len(set(first.train_labels[:8].tolist())) > 1
    settings(flowers, split_seed=1, test_share=0.4, mirror=True)
    other = load(flowers)
    assert other.title == "flowers (40% of each class for testing by seed 1)"
    assert np.bincount(other.test_labels).tolist() == [4, 2, 6]
    assert other.augmentation.mirror
    assert set(levels(first.test_images)) - set(levels(other.test_images))


def test_a_folder_that_is_split_already(tmp_path: Path) -> None:
    write_pictures(tmp_path / "own" / "train", {"a": 8, "b": 4})
    write_pictures(tmp_path / "own" / "test", {"b": 3})
    (tmp_path / "own" / "train" / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "own" / "train" / "a" / "Thumbs.db").write_bytes(b"\0")
    data = load(tmp_path / "own")
    assert data.title == "own"
    assert np.bincount(data.train_labels).tolist() == [8, 4]
    assert data.test_labels.tolist() == [1, 1, 1]


def test_pictures_are_scaled_to_cover_and_cut_evenly(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "own", {"a": 10, "b": 10})
    wide = Image.new("L", (30, 10), 0)
    wide.paste(200, (10, 0, 20, 10))  # the middle third
    wide.save(folder / "a" / "wide.png")
    with pytest.raises(DataError, match=r"wide.png: it is 10 x 30 pixels, and the first, .*000.png, is 8 x 8"):
        load(folder)
    settings(folder, size=[5, 5], channels=1)
    data = load(folder)
    assert data.facts.shape == (5, 5, 1)
    assert "scaled to 5 x 5" in data.note
    # 10 x 30 is halved to 5 x 15, of which the middle 5 x 5 stay
    assert (read_picture(folder / "a" / "wide.png", (5, 5), 1)[:, 1:4] == 200).all()


def test_gray_and_color(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "own", {"a": 10, "b": 10})
    write_picture(folder / "b" / "999.png", 77, mode="L")
    assert load(folder).facts.shape == (8, 8, 3)  # the gray one is repeated in all three channels
    assert 77 in levels(load(folder).train_images) + levels(load(folder).test_images)
    write_picture(folder / "a" / "000.png", 1, mode="L")
    with pytest.raises(DataError, match=r"it is in color, and the first picture, .*000.png, is gray.*channels"):
        load(folder)
    settings(folder, channels=1)
    assert load(folder).facts.shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("mode", "level", "expected"),
    [
        ("1", 1, [255]),
        ("L", 9, [9]),
        # half transparent black on white: 255 x 127 / 255
        ("RGBA", None, [127, 127, 127]),
        ("RGB", 3, [3, 3, 3]),
    ],
)
def test_modes(tmp_path: Path, mode: str, level: int | None, expected: list[int]) -> None:
    path = tmp_path / "a.png"
    if level is None:
        Image.new(mode, (4, 4), (0, 0, 0, 128)).save(path)
    else:
        write_picture(path, level, mode=mode)
    assert read_picture(path, None, None)[0, 0].tolist() == expected


def test_a_photo_is_turned_as_it_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by 90 degrees clockwise to see it upright
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert read_picture(tmp_path / "a.jpg", None, None).shape == (30, 20, 3)


def claims_to_be(path: Path, side: int) -> None:
    """A PNG of 100 bytes whose header says so many pixels on each side."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    size = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def cut_off(path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def other_format(path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "GIF")
    path.write_bytes(content.getvalue())


def sixteen_bits(path: Path) -> None:
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(path)


def too_long(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (partial(claims_to_be, side=7_100), "it is 7,100 x 7,100 pixels, and a file may have 50,000,000"),
        # so many that Pillow itself stops at the header
        (partial(claims_to_be, side=60_000), "cannot be read as a picture .DecompressionBombError"),
        (cut_off, "cannot be read as a picture"),
        (other_format, "it is no PNG and no JPEG, whatever its name says"),
        (sixteen_bits, "its pixels are of the kind I;16"),
        (too_long, "the file has more than 32 MiB"),
        (lambda path: path.write_bytes(b""), "it is no PNG and no JPEG"),
    ],
)
def test_a_picture_that_is_none_is_named(flowers: Path, damage: Any, rule: str) -> None:
    damage(flowers / "rose" / "003.png")
    with pytest.raises(DataError, match=rule) as caught:
        load(flowers)
    assert caught.value.path == str(flowers / "rose" / "003.png")


@given(content=st.binary(max_size=60), name=st.sampled_from(["a.png", "a.jpg"]), cut=st.integers(0, 400))
def test_any_bytes_are_a_picture_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, cut: int
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    write_picture(path, 5)
    whole = path.read_bytes()
    cut %= len(whole)
    for changed in (content, whole[:cut] + content, whole[:cut] + content + whole[cut + len(content) :]):
        path.write_bytes(changed)
        found = read_or_refusal(lambda: read_picture(path, None, None))
        if isinstance(found, DataError):
            assert found.path == str(path)
        else:
            assert found.dtype == np.uint8
            assert found.shape[2] in (1, 3)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{", "Invalid JSON"),
        ('{"sise": [8, 8]}', "sise: Extra inputs are not permitted"),
        ('{"size": [8, 0]}', "size.1: Input should be greater than or equal to 1"),
        ('{"channels": 2}', "channels: Input should be 1 or 3"),
        ('{"test_share": 1}', "test_share: Input should be less than 1"),
        ('{"mirror": "yes"}', "mirror: Input should be a valid boolean"),
        ("[]", "Input should be an object"),
        (" " * 70_000, "more than 65,536 bytes"),
    ],
)
def test_settings_that_are_wrong(flowers: Path, text: str, rule: str) -> None:
    (flowers / "data.json").write_text(text)
    with pytest.raises(DataError) as caught:
        load(flowers)
    assert rule in caught.value.rule
    assert caught.value.path == str(flowers / "data.json")
    assert "size, channels, test_share, split_seed, mirror" in str(caught.value)
    assert describe_data(str(flowers)).problem is not None


def test_layouts_that_are_wrong(tmp_path: Path) -> None:
    def problem(folder: Path) -> str:
        with pytest.raises(DataError) as caught:
            load(folder)
        return str(caught.value).replace(str(tmp_path), "")

    one = write_pictures(tmp_path / "one", {"a": 20})
    assert "/one: it holds 1 folder of pictures, and a network tells two classes or more" in problem(one)
    (one / "readme.txt").write_text("x")
    assert "/one/readme.txt: it stands where only folders" in problem(one)

    few = write_pictures(tmp_path / "few", {"a": 3, "b": 3})
    assert "/few: there are 4 pictures to train on and 2 to test on. Add some: at least 10 and 1." in problem(few)
    write_pictures(few, {"c": 1})
    assert "/few/c: it holds one picture" in problem(few)
    (few / "aa").mkdir()
    assert "/few/aa: it holds no picture" in problem(few)
    (few / "aa").rmdir()
    (few / "a" / "list.csv").write_text("x")
    assert "/few/a/list.csv: it is no picture whose name ends in .png, .jpg, .jpeg" in problem(few)

    split = tmp_path / "split"
    write_pictures(split / "train", {"a": 20, "b": 20})
    assert "/split: there is no test/ beside train/" in problem(split)
    write_pictures(split / "test", {"c": 1})
    assert "/split/test/c: there is no such class in train/" in problem(split)

    assert "/nowhere: there is no such file or folder" in problem(tmp_path / "nowhere")
    assert "one of cifar10, mnist, fashion-mnist" in problem(tmp_path / "nowhere")


def test_a_name_that_is_no_text_is_spelled_out(flowers: Path) -> None:
    bad = bytes(flowers / "rose") + b"/\xff.gif"
    with open(bad, "wb"):
        pass
    with pytest.raises(DataError, match=r"rose/\\udcff.gif: it is no picture"):
        load(flowers)


def test_reading_many_pictures_is_told_and_can_be_ended(flowers: Path) -> None:
    seen: list[str] = []
    load(flowers, progress=lambda loading: seen.append(str(loading)))
    assert seen == ["Reading flowers: 0 % of 30 pictures"]

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(flowers, progress=stop)
