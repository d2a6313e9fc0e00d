"""What nobody should name on the command line and somebody will: each ends in a sentence, at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError, printable
from bnn_designer.measuring.images import images_of
from bnn_designer.training import memory

# Rich takes what stands in brackets for styles, and this for the end of one that never began.
MARKUP = "[/] [red]x"
LONG = "x" * 300


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def here(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(*arguments: str | Path) -> str:
    result = here(*arguments)
    assert result.exit_code == 2, result.output
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    return result.stderr


def design_file(path: Path, **changes: object) -> Path:
    data = {"blocks": [{"kind": "binary_conv", "filters": 8}, {"kind": "global_pool"}, {"kind": "head"}], **changes}
    path.write_text(json.dumps(data))
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("cost", f"{LONG}.json"),
        ("advise", f"{LONG}.json"),
        ("new", "binarynet", "-o", f"{LONG}.json"),
        ("pack", f"{LONG}.json", "-o", "net.bnn"),
        ("data", f"{LONG}.npz"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_too_long(command: tuple[str, ...]) -> None:
    assert "File name too long" in refused(*command)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(
    "command",
    [
        ("cost", "pipe"),
        ("predict", "pipe", "--cifar10"),
        ("pack", "net.json", "--weights", "pipe", "-o", "net.bnn"),
        ("import", "pipe", "-o", "made.json"),
        ("new", "binarynet", "-o", "pipe"),
    ],
    ids=" ".join,
)
def test_a_pipe_is_not_waited_for(tmp_path: Path, command: tuple[str, ...]) -> None:
    os.mkfifo(tmp_path / "pipe")
    design_file(tmp_path / "net.json")
    assert "is a pipe, not a file" in refused(*command)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_images_are_not_waited_for_either(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "images.npy")
    with pytest.raises(BnnDesignerError, match="it is a pipe, not a file"):
        images_of(tmp_path / "images.npy")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no such device")
def test_a_device_keeps_its_name() -> None:
    """The superuser may rename a file onto a device, which is gone then."""
    assert "this is a device, not a file" in refused("new", "binarynet", "-o", "/dev/full", "--force")
    assert Path("/dev/full").is_char_device()


def test_a_data_folder_of_somebody_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_DATA_DIR", "~nosuchuser/x")
    said = refused("train", design_file(tmp_path / "net.json"), "--subset", "100", "--epochs", "1")
    assert "BNN_DATA_DIR: '~nosuchuser/x' is no path here" in said


@pytest.mark.parametrize("command", ["cost", "advise", "what-if", "targets"])
def test_markup_in_a_name_and_in_labels_is_text(tmp_path: Path, command: str) -> None:
    blocks = [{"kind": "binary_conv", "filters": 8, "label": MARKUP}, {"kind": "global_pool"}, {"kind": "head"}]
    path = design_file(tmp_path / "net.json", name=MARKUP, blocks=blocks)
    result = here(command, path)
    assert result.exit_code < 2, result.exception


def test_a_run_of_such_a_name_shows_it(tmp_path: Path) -> None:
    from rich.console import Console

    from bnn_designer.cli.training_progress import ProgressBar

    with (tmp_path / "out").open("w") as out, ProgressBar(Console(file=out, force_terminal=True), MARKUP):
        pass
    assert MARKUP in (tmp_path / "out").read_text()


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\x07", "a\u202eb", "a\0b", "\x7f"])
def test_a_name_that_does_something_to_the_terminal_is_refused(tmp_path: Path, name: str) -> None:
    for changes in (
        {"name": name},
        {"blocks": [{"kind": "head", "label": name}]},
        {"blocks": [{"kind": "head", name: 1}]},
    ):
        said = refused("cost", design_file(tmp_path / "net.json", **changes))
        assert said[:-1].isprintable(), said


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\u2028b"])
def test_what_is_pasted_in_several_lines_is_one(name: str) -> None:
    assert Design(name=name).name == "a b"


def test_names_of_people_are_kept() -> None:
    """Letters of any kind, marks on them, and figures of several characters, which a joiner holds together."""
    for name in ("Žluťoučký kůň", "二値ニューラル網", "שלום", "👩‍🔬 net", "a b"):
        assert Design(name=name).name == name
        assert printable(name) == name


def test_weights_that_this_machine_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels alone take 4 * (3,072 * 65,536 + 65,536 ** 2 + 65,536 * 10) bytes, 16.8 GiB, and Python the rest."""
    dense = {"kind": "dense", "units": 65536}
    path = design_file(tmp_path / "net.json", name="wide", blocks=[{"kind": "flatten"}, dense, dense, {"kind": "head"}])
    monkeypatch.setattr(memory, "available_bytes", lambda: 16 * 1024**3)
    said = refused("pack", path, "-o", tmp_path / "net.bnn")
    kernels = 4 * (3072 * 65536 + 65536**2 + 65536 * 10)
    assert f"wide: its weights take {(kernels + 700 * 1024**2) / 1024**3:.1f} GiB as floats" in said
    assert not (tmp_path / "net.bnn").exists()
