"""Links in the terminal: printed, read, and taken where a design is."""

from __future__ import annotations

from pathlib import Path

from bnn_designer.design import load_design
from bnn_designer.design.links import design_in_link
from bnn_designer.design.presets import preset
from tests.cli.test_cli import refused, run


def test_a_link_is_printed_and_becomes_the_same_design_again(tmp_path: Path) -> None:
    link = run("link", "bi-real-cifar", "--app", "https://bnn.example.org/designer/").stdout.strip()
    assert link.startswith("https://bnn.example.org/designer/?design=")
    assert design_in_link(link) == preset("bi-real-cifar")
    path = tmp_path / "net.json"
    for given in (link, link.partition("design=")[2]):
        assert run("from-link", given, "-o", str(path), "--force").returncode == 0
        assert load_design(path) == preset("bi-real-cifar")


def test_a_link_is_taken_where_a_file_is() -> None:
    link = run("link", "binarynet").stdout.strip()
    assert link.startswith("http://localhost:8501/?design=")
    assert run("cost", link, "--json").stdout == run("cost", "binarynet", "--json").stdout


def test_bad_links_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    link = run("link", "binarynet").stdout.strip()
    refused(run("from-link", link[:-9], "-o", str(path)), "link: its end is missing", "Copy the whole link again")
    refused(run("from-link", "http://localhost:8501/?draft=ab12", "-o", str(path)), "spelled in letters")
    refused(run("cost", "http://localhost:8501/?design="), "holds no design")
    refused(run("link", "binarynet", "--app", "http://[::1"), "this is no address")
    assert not path.exists()
    path.write_text("mine")
    refused(run("from-link", link, "-o", str(path)), "already exists", "--force")
    assert path.read_text() == "mine"
