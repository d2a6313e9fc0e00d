"""``bnn-designer data``, and what ``train`` says of data sets before it trains."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.folders import cache_dir
from bnn_designer.runs.store import Store
from bnn_designer.training.data import Facts, load
from bnn_designer.training.recipe import Recipe
from tests.training.data.made import write_npz, write_pictures

# Where the compiled kernels are, before the fixture below hides it: they are not built anew for a test.
KERNELS = str(cache_dir())


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()


def here(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(*arguments: str | Path) -> str:
    result = here(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return result.stderr


def test_sets_are_listed_with_where_they_are(tmp_path: Path, synthetic_data: Path) -> None:
    (tmp_path / "data" / "cifar-10-batches-bin").symlink_to(synthetic_data)
    own = write_npz(tmp_path / "data" / "shapes.npz")
    broken = write_pictures(tmp_path / "data" / "flowers", {"a": 3})
    listed = json.loads(here("data", "--json").stdout)
    assert [one["data"] for one in listed] == ["cifar10", "mnist", "fashion-mnist", str(broken), str(own)]
    cifar, mnist, fashion, flowers, shapes = listed
    assert (cifar["path"], cifar["problem"]) == (str(tmp_path / "data" / "cifar-10-batches-bin"), None)
    assert mnist["downloadable"]
    assert "MNIST is not on this machine yet" in mnist["problem"]
    assert "not mirrored" in mnist["augmentation"]
    assert fashion["shape"] == [28, 28, 1]
    assert (flowers["path"], flowers["shape"]) == (None, None)
    assert "two classes or more" in flowers["problem"]
    assert (shapes["shape"], shapes["classes"]) == ([6, 5, 3], 3)
    text = here("data").stdout
    assert f"{own}" in text
    assert "28 x 28 x 1" in text


def test_a_set_is_read_whole_and_counted(tmp_path: Path) -> None:
    own = write_pictures(tmp_path / "flowers", {"daisy": 10, "[rose]": 20})
    text = here("data", own).stdout
    assert text.startswith(
        "flowers (20% of each class for testing by seed 0): 24 training and 6 test images of 8 x 8 x 3\n"
        "in training shifted, not mirrored: data.json does not say"
    )
    assert ["daisy", "8", "2"] in [line.split() for line in text.splitlines()]
    assert ["[rose]", "16", "4"] in [line.split() for line in text.splitlines()]
    found = json.loads(here("data", own, "--json").stdout)
    assert found["classes"][0] == {"name": "[rose]", "train_images": 16, "test_images": 4}
    assert len(found["sha256"]) == 64


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert "there is no such file or folder" in refused("data", tmp_path / "nowhere")
    assert "MNIST is not on this machine yet" in refused("data", "mnist")
    assert "--download and --output take the name of a set" in refused("data", "--download")
    assert "--download and --output take the name of a set" in refused("data", "-o", tmp_path / "a.npz")


def test_pictures_are_saved_as_one_file(tmp_path: Path) -> None:
    own = write_pictures(tmp_path / "flowers", {"daisy": 10, "rose": 20})
    (own / "data.json").write_text('{"mirror": true}')
    saved = tmp_path / "saved.npz"
    assert here("data", own, "-o", saved).exit_code == 0
    pictures, arrays = load(own), load(saved)
    assert arrays.facts == Facts("saved", (8, 8, 3), 2)
    assert (arrays.class_names, arrays.augmentation.mirror) == (("daisy", "rose"), True)
    # the same images with the same labels, in another order: the level of a picture says which it is
    for part in ("train", "test"):
        of_each = [
            sorted(zip(getattr(data, f"{part}_images")[:, 0, 0, 0], getattr(data, f"{part}_labels"), strict=True))
            for data in (pictures, arrays)
        ]
        assert of_each[0] == of_each[1]
    assert "the file already exists" in refused("data", own, "-o", saved)
    assert here("data", own, "-o", saved, "--force").exit_code == 0


def test_training_is_refused_before_it_is_stored(tmp_path: Path) -> None:
    own = write_npz(tmp_path / "own.npz", shape=(28, 28))
    said = refused("train", "binarynet", "--data", own)
    assert "binarynet/input_shape: the input is 32 x 32 x 3, and own images are 28 x 28 x 1" in said
    assert "or add --fit, which does it for this run" in said
    assert "there is no such file or folder" in refused("train", "binarynet", "--data", "mnits")
    tiny = write_npz(tmp_path / "tiny.npz", shape=(2, 2))
    assert "Some layers must change too" in refused("train", "binarynet", "--data", tiny, "--fit")
    assert Store().runs() == []


def test_a_design_is_trained_on_images_of_ones_own(
    small_design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And packed, and asked about the test images of the same set."""
    monkeypatch.setenv("BNN_CACHE_DIR", KERNELS)
    own = write_npz(tmp_path / "own.npz", shape=(28, 28), train=40, test=20)
    options = ("--epochs", "1", "--batch-size", "10", "--engine", "float", "--json")
    (tmp_path / "small.json").write_text(small_design.to_json())
    result = here("train", tmp_path / "small.json", "--data", own, "--fit", *options)
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in result.stdout.splitlines()]
    read = next(event for event in events if event["kind"] == "data_read")
    assert (read["title"], read["shape"], read["classes"], read["train_images"]) == ("own", [28, 28, 1], 3, 40)
    run = Store().run(events[-1]["run"])
    assert run.recipe == Recipe(data=str(own), epochs=1, batch_size=10, engine="float")
    assert (run.design.input_shape, run.design.classes) == ((28, 28, 1), 3)
    assert here("pack", run.id, "-o", tmp_path / "net.bnn").exit_code == 0
    found = here("predict", tmp_path / "net.bnn", "--data", own, "--compare", run.id, "--json")
    assert found.exit_code == 0, found.output
    answer = json.loads(found.stdout)
    assert (answer["images"], answer["agreement"]["same_class"]) == (20, 20)
    assert "or --data with another set" in refused("predict", tmp_path / "net.bnn", "--data", own, "--cifar10")
