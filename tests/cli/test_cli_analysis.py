"""``advise``, ``what-if`` and ``diff`` as a user has them: what they print, write and exit with."""

from __future__ import annotations

import json
from pathlib import Path

from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from tests.cli.test_cli import refused, run


def test_advise_fixes_a_design_until_nothing_is_left(tmp_path: Path) -> None:
    result = run("advise", "binarynet", "--fix", "-o", "fixed.json", cwd=tmp_path)
    assert result.returncode == 0
    assert "binary_conv_1: Keep the first layer in full precision (first-and-last-layer)" in result.stdout
    assert "fixed.json: written" in result.stdout
    lower(Design.from_json((tmp_path / "fixed.json").read_text()))
    data = json.loads(run("advise", "fixed.json", "--json", cwd=tmp_path).stdout)
    assert not [finding for finding in data["findings"] if finding["fix"]]
    refused(run("advise", "binarynet", "--fix", "-o", "fixed.json", cwd=tmp_path), "already")
    refused(run("advise", "binarynet", "-o", "other.json", cwd=tmp_path), "Add --fix")


def test_advise_exits_with_one_for_errors(tmp_path: Path) -> None:
    (tmp_path / "open.json").write_text(Design(name="open", blocks=(Conv(filters=8),)).to_json())
    result = run("advise", "open.json", "--json", cwd=tmp_path)
    assert result.returncode == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["severity"], finding["rule"], finding["path"]) == ("error", "design", "conv_1")


def test_what_if_prints_every_variant() -> None:
    data = json.loads(run("what-if", "binarynet", "--json").stdout)
    assert len(data["variants"]) == 12
    assert {variant["state"] for variant in data["variants"]} == {"changed", "same", "inapplicable"}
    text = run("what-if", "binarynet").stdout
    assert "inapplicable: the design has no shortcut" in text
    assert "as it is" in text


def test_diff_of_two_presets() -> None:
    data = json.loads(run("diff", "quicknet-small", "quicknet", "--json").stdout)
    small, large = preset("quicknet-small"), preset("quicknet")
    assert (data["before"], data["after"], data["same"]) == (small.name, large.name, False)
    assert "filters: 32 -> 64" in run("diff", "quicknet-small", "quicknet").stdout
    assert "the same blocks" in run("diff", "quicknet", "quicknet").stdout
    refused(run("diff", "quicknet", "nothing-such"), "nothing-such")


def test_targets_says_of_each_block_where_it_runs_in_bits() -> None:
    data = json.loads(run("targets", "bi-real-cifar", "--json").stdout)
    assert list(data["targets"]) == ["engine", "lce", "finn", "st", "openvino"]
    verdicts = {block["path"]: block["verdicts"] for block in data["blocks"]}
    conv = verdicts["shortcut_1/binary_conv_1"]
    assert [conv[name]["state"] for name in data["targets"]] == ["bits", "bits", "refused", "unknown", "bits"]
    assert "pads with zeros only" in conv["finn"]["reason"]
    text = run("targets", "bi-real-cifar").stdout
    assert "finn: FINN (QONNX)" in text
    assert "pads with zeros only" in text
    refused(run("targets", "nothing-such"), "nothing-such")
