"""The C program computes what the engine computes: to the bit, under the sanitizers, by two compilers."""

from __future__ import annotations

import copy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnn_designer.export import TARGETS, ExportError, Material, export_to
from bnn_designer.export.c.constants import identifiers, number, printable
from bnn_designer.export.c.kernels import pieces, used_by
from bnn_designer.export.c.program import c_program, with_int8_image
from bnn_designer.export.c.proof import FLAGS, build, run
from bnn_designer.export.c.sources import SOURCES
from bnn_designer.export.c.steps import STEPS
from bnn_designer.export.c.writer import thresholds_of
from bnn_designer.inference import Engine
from bnn_designer.packing.network import PackedNetwork
from tests.export.networks import Draw, of_all, of_bits, of_edges, of_one_dense
from tests.export.networks_of_int8 import of_int8

SANITIZED = (*FLAGS, "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsanitize=address,undefined")
NEITHER_GOES_ON = "-fno-sanitize-recover=all"
COMPILERS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"))
    for name in ("gcc", "clang")
]


def compared(network: PackedNetwork, folder: Path, compiler: str = "gcc", count: int = 10) -> tuple[Any, Any]:
    """Scores of C and of the engine, of random images; main.c's classes are those of its scores."""
    images = Draw(9).images(network, count)
    program = c_program(network)
    with Engine(program.network) as engine:
        wanted = engine.run(images)
    classes, found = run(build(program, folder, (compiler,), (*SANITIZED, NEITHER_GOES_ON)), images)
    assert classes.tolist() == found.argmax(axis=1).tolist()
    return found, wanted


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_source_and_step_to_the_bit(tmp_path: Path, compiler: str) -> None:
    """Numbers are halves of small size, so that no order of additions rounds any of them."""
    network = of_all(exponentials=False)
    found, wanted = compared(network, tmp_path, compiler)
    assert np.abs(wanted).max() < 2**20
    np.testing.assert_array_equal(found, wanted)


def test_exponentials_are_those_of_the_library(tmp_path: Path) -> None:
    """Here and in the engine they are rounded alike up to what follows them."""
    found, wanted = compared(of_all(exponentials=True), tmp_path)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_the_networks_have_all_sources_and_steps() -> None:
    networks = [of_all(True), of_bits(0), of_int8(0)]
    groups = [group for network in networks for group in network.header.groups]
    assert {group.source for group in groups} == set(SOURCES)
    assert {step.kind for group in groups for step in group.steps} == set(STEPS)


@pytest.mark.parametrize("seed", range(4))
def test_binary_layers_to_the_bit(tmp_path: Path, seed: int) -> None:
    """Padding of zeros and of ones, groups in the midst of words, holes, strides, pools of turned bits."""
    found, wanted = compared(of_bits(seed), tmp_path)
    assert len(np.unique(wanted)) > 20
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("seed", range(2))
def test_layers_of_8_bits_to_the_bit(tmp_path: Path, seed: int) -> None:
    """Signs and numbers of their sums, groups, holes, windows over the edge, one pixel read where it lies."""
    found, wanted = compared(of_int8(seed), tmp_path)
    assert len(np.unique(wanted)) > 20
    np.testing.assert_array_equal(found, wanted)


def test_an_image_is_taken_in_8_bits_where_nothing_else_reads_it() -> None:
    network = of_int8(0)
    program = c_program(network)
    assert program.image_scale == 0.5
    assert "typedef int8_t network_value;" in program.header_text()
    assert "#define NETWORK_IMAGE_SCALE 0.5f" in program.header_text()
    assert program.memory.image == 5 * 4 * 4
    first, *rest = network.header.groups
    signs = first.steps[0].model_copy(update={"kind": "sign", "high": None})
    two = first.model_copy(update={"steps": [*first.steps, signs]})
    both = network.header.model_copy(update={"groups": [two, *rest]})
    assert with_int8_image(PackedNetwork(both, network.numbers))[1] is None
    assert c_program(of_bits(0)).image_scale is None
    assert "typedef float network_value;" in c_program(of_bits(0)).header_text()


def test_what_follows_sums_of_8_bits_is_checked() -> None:
    network = of_int8(0)
    grouped = network.header.groups[2]
    numbers = network.numbers.copy()
    broken = PackedNetwork(network.header, numbers)
    broken.blob(grouped.steps[0].numbers[0])[2, 0] = 31
    with pytest.raises(ExportError, match=r"block/grouped: .*a number of an 8-bit layer is out of range"):
        c_program(broken)


def test_groups_short_of_a_word_and_windows_beside_the_image(tmp_path: Path) -> None:
    found, wanted = compared(of_edges(), tmp_path)
    assert len(np.unique(wanted)) > 20
    np.testing.assert_array_equal(found, wanted)


def test_sums_of_long_rows(tmp_path: Path) -> None:
    """2,240 features are 70 words: bytes of counts are emptied twice before all are seen, at 240 of 255."""
    weights = np.ones((2240, 3), np.int64)
    weights[:, 1] = -1
    weights[:1120, 2] = -1
    network = of_one_dense(weights)
    images = np.stack([np.ones((1, 1, 2240)), -np.ones((1, 1, 2240))]).astype(np.float32)
    _, found = run(build(c_program(network), tmp_path, ("gcc",), SANITIZED), images)
    assert found.tolist() == [[2240, -2240, 0], [-2240, 2240, 0]]


def test_thresholds_by_hand() -> None:
    """A filter that rises at 3, one that falls behind 5, one that is never below zero, one that always is."""
    thresholds, turned = thresholds_of(np.array([1, -1, 0, 0]), np.array([-3, 5, 1, -1]), wide=False)
    below = {s: ((s < thresholds) != turned).tolist() for s in (2, 3, 5, 6)}
    assert below == {
        2: [True, False, False, True],
        3: [False, False, False, True],
        5: [False, False, False, True],
        6: [False, True, False, True],
    }


def test_thresholds_take_16_bits_where_all_fit(tmp_path: Path) -> None:
    network = of_bits(0)
    assert "typedef int16_t threshold;" in c_program(network).source_text()
    network = PackedNetwork(network.header, network.numbers.copy())
    # A filter that rises only at 40,000, which none of these sums reaches: all signs are -1, before as behind.
    step = network.header.groups[1].steps[0]
    network.blob(step.numbers[0])[:] = 1
    network.blob(step.numbers[1])[:] = -40_000
    assert "typedef int32_t threshold;" in c_program(network).source_text()
    found, wanted = compared(network, tmp_path)
    np.testing.assert_array_equal(found, wanted)


def test_a_softmax_at_the_end_is_left_out() -> None:
    network = of_all(True)
    last = network.header.groups[-1]
    softmax, store = (next(step for step in last.steps if step.kind == kind) for kind in ("softmax", "store"))
    ending = last.model_copy(update={"steps": [softmax, store]})
    header = network.header.model_copy(update={"groups": [*network.header.groups[:-1], ending]})
    program = c_program(PackedNetwork(header, network.numbers))
    assert program.dropped_softmax
    assert "softmax(" not in program.source_text()
    assert "before the softmax" in program.header_text()
    assert not c_program(network).dropped_softmax


def test_a_program_has_what_it_uses_and_no_more() -> None:
    assert [piece.name for piece in used_by("  load(0, 3, image);")] == ["union cell", "row", "load"]
    assert used_by("// load, row, sign") == ()
    named = [piece.name for piece in pieces()]
    assert len(named) == len(set(named)) > 30
    assert "math.h" not in c_program(of_bits(1)).source_text()


def test_memory_is_that_of_the_packed_network() -> None:
    network = of_bits(0)
    memory = c_program(network).memory
    first, second, last = (network.header.groups[index].geometry for index in (1, 2, 5))
    assert memory.arena == network.header.arena_bytes
    assert memory.row == 4 * max(network.header.input_shape[2], last[5])
    # The patch of the last window is the largest: 3 x 4 taps of 37 channels in 2 words of 4 bytes.
    assert memory.patch == 3 * 4 * 2 * 4
    assert memory.flash["last"] == 5 * 3 * 4 * 2 * 4
    # A filter's weights: 9 taps; its threshold of 2 bytes; of all, bits that turn it in words of 4 bytes.
    words = -(-first[2] // 32)
    assert memory.flash["same"] == first[5] * (9 * words * 4 + 2) + -(-first[5] // 32) * 4
    assert memory.flash["grouped"] == second[5] * (6 * 4 + 2) + -(-second[5] // 32) * 4


def test_files_are_the_same_each_time_and_formatted(tmp_path: Path) -> None:
    network = of_all(True)
    exported = export_to(TARGETS["c"], Material.of_packed(network, "run 12345678")).written
    assert list(exported.files) == ["network.h", "network.c", "main.c", "README.md"]
    again = export_to(TARGETS["c"], Material.of_packed(copy.deepcopy(network), "run 12345678")).written
    assert exported.files == again.files
    text = exported.files["README.md"].decode()
    assert "from run 12345678" in text
    assert f"| RAM | arena: what one layer leaves to another | {network.header.arena_bytes:,} |" in text
    assert "does not say of which design" in text
    assert max(len(line) for data in exported.files.values() for line in data.decode().splitlines()) <= 120
    if shutil.which("clang-format") is None:
        return
    for name in ("network.h", "network.c", "main.c"):
        (tmp_path / name).write_bytes(exported.files[name])
        style = "--style={BasedOnStyle: Google, ColumnLimit: 120}"
        subprocess.run(["clang-format", style, "--dry-run", "-Werror", tmp_path / name], check=True)


def test_a_program_in_cpp_may_call_it(tmp_path: Path) -> None:
    """As on an Arduino, whose sketches are C++."""
    (tmp_path / "network.h").write_text(c_program(of_edges()).header_text())
    (tmp_path / "sketch.cpp").write_text('#include "network.h"\nint32_t (*called)(const float *) = network_argmax;\n')
    subprocess.run(["g++", "-c", tmp_path / "sketch.cpp", "-o", tmp_path / "sketch.o"], check=True)
    named = subprocess.run(["nm", "-u", tmp_path / "sketch.o"], capture_output=True, text=True, check=True).stdout
    assert named.split() == ["U", "network_argmax"]


HOSTILE = "a*/ ??/\n#error \\ /* \u202e `|"


def test_names_from_anybody_end_up_as_names(tmp_path: Path) -> None:
    assert printable(HOSTILE) == "a_/ __/__error _ /_ _ __"
    assert identifiers([HOSTILE, "a error", "3", "for", ""]) == ["a_error", "a_error_2", "layer_3", "for", "layer"]
    network = of_bits(2)
    groups = [one.model_copy(update={"name": HOSTILE, "path": HOSTILE}) for one in network.header.groups]
    header = network.header.model_copy(update={"groups": groups, "name": HOSTILE})
    found, wanted = compared(PackedNetwork(header, network.numbers), tmp_path)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "0.100000001f"), (-0.0, "-0.0f"), (3.0, "3.0f"), (1e30, "1.00000002e+30f")]
)
def test_literals_give_back_the_number(value: float, text: str) -> None:
    kept = np.float32(value)
    assert number(float(kept)) == text
    assert np.float32(text[:-1]) == kept


def test_what_c_has_no_function_for_is_refused_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(STEPS, "sign")
    with pytest.raises(ExportError, match=r"block/signs: a C program has no function for sign"):
        c_program(of_bits(0))


@pytest.mark.parametrize(
    ("index", "change", "words"),
    [
        (3, {"geometry": (3, 9)}, "a window lies outside of the image"),  # the rows of a pool's output
        (0, {"geometry": (5, 2)}, "the parts are not the output's channels"),
        (2, {"geometry": (15, 7)}, "neither 0 nor 1"),
        (1, {"steps": []}, "a group writes nothing"),
    ],
)
def test_an_inconsistent_network_is_refused_before_c_is_written(index: int, change: dict[str, Any], words: str) -> None:
    network = of_bits(0)
    groups = list(network.header.groups)
    if "geometry" in change:
        place, value = change["geometry"]
        geometry = list(groups[index].geometry)
        geometry[place] = value
        change = {"geometry": geometry}
    groups[index] = groups[index].model_copy(update=change)
    header = network.header.model_copy(update={"groups": groups})
    with pytest.raises(ExportError, match=words):
        c_program(PackedNetwork(header, network.numbers))


def test_numbers_that_are_not_finite_are_refused() -> None:
    network = of_all(False)
    (weights, _) = network.header.groups[1].weights
    numbers = network.numbers.copy()
    broken = PackedNetwork(network.header, numbers)
    broken.blob(weights).flat[0] = np.nan
    with pytest.raises(ExportError, match=r"block/conv: .*a number is not finite"):
        c_program(broken)
