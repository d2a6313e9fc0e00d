"""The inference engine with the address and undefined sanitizers, and its threads with the thread sanitizer.

Networks are packed here and run by native/test_engine.cc, in which every array lies in memory of just its size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from pydantic import ValidationError

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.inference import Engine
from bnn_designer.kernels.toolchain import find_compiler, machine_sets
from bnn_designer.packing import PackError, pack
from bnn_designer.packing.drafts import SOURCES, STEPS
from bnn_designer.packing.header import Header
from bnn_designer.packing.network import MisfitError, PackedNetwork, check
from tests import strategies
from tests.export.networks_of_int8 import of_int8, of_wide_int8
from tests.inference.models import keras_outputs, random_images, random_model
from tests.kernels.engine_cases import Case, case_of, write_cases
from tests.kernels.native_program import ADDRESS, ENGINE, THREAD, build_program, run_program, skip_unless_linked
from tests.small_maps import MAPS, every_window

PRESETS = ("quicknet-cifar", "reactnet-cifar", "binary-densenet-cifar", "melius-net-cifar", "binarynet")
DRAWN_NETWORKS, DRAWN_HEADERS = 20, 400
NANS = np.full(1024, np.nan, np.float32).tobytes()


def small() -> Design:
    """A bit of everything in a few kilobytes."""
    signs = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
    conv = b.BinaryConv(filters=70, kernel_size=(3, 3), **signs)
    chain = (
        b.Conv(filters=70, kernel_size=(3, 3), activation="prelu"),
        b.Shortcut(body=(conv,)),
        b.BinaryConv(filters=70, kernel_size=(3, 3), padding="valid", strides=(2, 1), pad_values=1, **signs),
        b.BinaryConv(filters=68, kernel_size=(2, 2), pad_values=1, **signs),
        b.ChannelScaling(body=(b.BatchNorm(),), reduction=1),
        b.BlurPool(stride=2, kernel_size=3),
        b.PoolBatchNorm(pool="max"),
        b.BinaryConv(filters=5, kernel_size=(1, 1), input_quantizer="ste_tern", kernel_quantizer="ste_sign"),
        b.BinaryConv(filters=5, kernel_size=(1, 1), input_quantizer="dorefa", kernel_quantizer="ste_sign"),
        b.Flatten(),
        b.BinaryDense(units=130, **signs),
        b.Head(),
    )
    return Design(name="small", input_shape=(13, 10, 3), classes=4, blocks=chain)


def one_pixel() -> Design:
    """A pixel that is scaled by one: products of two tensors of the same shape."""
    conv = b.Conv(filters=6, kernel_size=(3, 3), padding="valid")
    chain = (conv, b.ChannelScaling(body=(b.BatchNorm(),), reduction=1), b.Flatten(), b.Head())
    return Design(name="one pixel", input_shape=(3, 3, 3), classes=4, blocks=chain)


def packed(design: Design) -> tuple[PackedNetwork, Case]:
    graph = lower(design)
    model, images = random_model(graph), random_images(graph, 2)
    network = pack(graph, model, design)
    return network, case_of(network, design.name, images, keras_outputs(model, images))


def of_8_bits(draw: int, of_layers: Callable[[int], PackedNetwork] = of_int8) -> tuple[PackedNetwork, Case]:
    """Layers of 8 bits, which are the same to the bit in every program."""
    network = of_layers(draw)
    images = np.random.default_rng(draw).integers(-40, 41, (2, *network.header.input_shape)) / 2
    with Engine(network) as engine:
        return network, case_of(network, f"8 bits, {draw}", images, engine.run(images))


def drawn_networks() -> list[tuple[PackedNetwork, Case]]:
    """The same ones at each run."""
    found: list[tuple[PackedNetwork, Case]] = []

    @seed(1)
    @settings(max_examples=DRAWN_NETWORKS, database=None, phases=[Phase.generate], suppress_health_check=HealthCheck)
    @given(strategies.networks())
    def draw(design: Design) -> None:
        try:
            found.append(packed(design))
        except PackError:
            return  # inputs of 8 bits

    draw()
    return found


def drawn_headers(network: PackedNetwork, count: int = DRAWN_HEADERS) -> list[Case]:
    """Headers with some numbers changed at will that still pass the check when a file is read."""
    draw = np.random.default_rng(2)
    numbers = network.numbers
    found: list[Case] = []
    for _ in range(400 * count):
        data = network.header.model_dump()
        for _ in range(draw.integers(1, 4)):
            _change_one(data, draw)
        try:
            broken = PackedNetwork(Header.model_validate(data), numbers)
            check(broken)
        except (ValidationError, MisfitError):
            continue
        images = np.ones(broken.header.input_shape, np.float32)
        case = case_of(broken, f"header {len(found)}", images)
        _change_numbers(case, draw)
        found.append(case)
        if len(found) == count:
            break
    return found


def _change_one(data: dict[str, Any], draw: np.random.Generator) -> None:
    """A number of a geometry, a tensor's place, or the tensor that a step or part names; all that code reads."""
    group = data["groups"][draw.integers(len(data["groups"]))]
    kind = draw.integers(4)
    if kind == 0:
        tensor = data["tensors"][draw.integers(len(data["tensors"]))]
        tensor["offset"] = int(64 * draw.integers(0, data["arena_bytes"] // 64 + 1))
    elif kind == 1:
        entries = [*group["parts"], *group["steps"]]
        names = [tensor["name"] for tensor in data["tensors"]] + ["image", "result", "zeros"]
        entries[draw.integers(len(entries))]["tensor"] = str(draw.choice(names))
    elif kind == 2:
        index = int(draw.choice([8, 9, 10, 11, 12, 13, 14, 15]))  # strides, dilations, paddings, groups
        group["geometry"][index] = int(draw.choice([0, 1, 2, 3, 5, 64, 2**20]))
    else:
        index, factor = draw.integers(0, 8), int(draw.choice([2, 3, 5]))
        group["geometry"][index] *= factor
        group["geometry"][draw.integers(0, 8)] //= factor


def _change_numbers(case: Case, draw: np.random.Generator) -> None:
    """Some numbers of a step are what no packing makes of a trained network."""
    steps = [step for group in case.groups for step in group.steps if step.arrays[0] is not None]
    step = steps[draw.integers(len(steps))]
    for index, array in enumerate(step.arrays):
        if array is not None:
            numbers = np.frombuffer(array, np.float32).copy()
            numbers[draw.integers(len(numbers))] = draw.choice([np.nan, np.inf, -np.inf, 3e9, -(2.0**31), 1e-45])
            step.arrays[index] = numbers.tobytes()


def _of(case: Case, source: str) -> Any:
    return next(group for group in case.groups if SOURCES[group.source] == source)


def _find(case: Case, kind: str) -> Any:
    return next(step for group in case.groups for step in group.steps if STEPS[step.kind] == kind)


def _step(case: Case, kind: str, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(_find(case, kind), name, value)


def _at(case: Case, source: str, index: int, value: int) -> None:
    _of(case, source).geometry[index] = value


BREAKS: list[tuple[str, Callable[[Case], Any]]] = [
    ("a size is not positive", lambda c: setattr(c, "arena_bytes", -1)),
    ("the image does not hold", lambda c: setattr(c, "image_floats", c.image_floats - 1)),
    ("the result does not hold", lambda c: setattr(c, "result_floats", c.result_floats - 1)),
    ("ends behind the arena", lambda c: setattr(c, "arena_bytes", c.arena_bytes - 64)),
    ("there is no such source", lambda c: setattr(c.groups[0], "source", len(SOURCES))),
    ("there is no such source", lambda c: setattr(c.groups[0], "source", -1)),
    ("there is no such step", lambda c: setattr(c.groups[0].steps[0], "kind", len(STEPS))),
    ("a group reads nothing", lambda c: c.groups[0].parts.clear()),
    ("a group reads one tensor", lambda c: c.groups[0].parts.append([0, 1])),
    ("a tensor's place is not in the arena", lambda c: _step(c, "store", place=4)),
    ("a tensor's place is not in the arena", lambda c: _step(c, "store", place=2**40)),
    ("a tensor's place is not in the arena", lambda c: _step(c, "add", place=-3)),
    ("the result does not hold", lambda c: _step(c, "add", place=-2)),
    ("the image does not hold", lambda c: _step(c, "store", place=-1)),
    ("packed tensors are in the arena", lambda c: _step(c, "sign", place=-2)),
    ("a step lacks its numbers", lambda c: _step(c, "prelu", arrays=[None, None])),
    ("a step lacks its numbers", lambda c: _step(c, "threshold", arrays=[b"\0" * 4096, None])),
    ("a threshold is out of range", lambda c: _step(c, "threshold", arrays=[NANS, NANS])),
    ("there are 1 to 65535 steps", lambda c: _step(c, "levels", high=float("nan"))),
    (
        "thresholds are of a convolution with whole",
        lambda c: _of(c, "float_conv").steps.insert(0, _find(c, "threshold")),
    ),
    ("a size is not 1 to 2^20", lambda c: _at(c, "float_conv", 6, 0)),
    ("a size is not 1 to 2^20", lambda c: _at(c, "float_conv", 8, 2**62)),
    ("a padding is out of range", lambda c: _at(c, "float_conv", 12, -1)),
    ("pad_value is neither", lambda c: _at(c, "binary_conv", 15, 2)),
    ("channels do not divide", lambda c: _at(c, "float_conv", 14, 2)),
    ("a tensor is too large", lambda c: [_at(c, "float_conv", index, 2**20) for index in (0, 1)]),
    ("a kernel is too large", lambda c: [_at(c, "float_conv", index, 2**20) for index in (6, 7)]),
    ("the output's size is that of neither", lambda c: _at(c, "binary_conv", 12, 2)),
    *(("a window lies outside", partial(_at, source="max_pool", index=index, value=9)) for index in (8, 9, 12, 13)),
    ("pools have no dilation", lambda c: _at(c, "max_pool", 10, 2)),
    ("channels change", lambda c: _at(c, "depthwise", 5, 7)),
    ("lacks its weights", lambda c: _of(c, "float_conv").arrays.__setitem__(1, None)),
    ("lacks its weights", lambda c: _of(c, "binary_conv").arrays.__setitem__(0, None)),
    ("a group does nothing", lambda c: _of(c, "binary_conv").steps.clear()),
]


@pytest.fixture(scope="module")
def networks() -> list[tuple[PackedNetwork, Case]]:
    found = [
        packed(small()),
        packed(one_pixel()),
        of_8_bits(0),
        of_8_bits(1),
        of_8_bits(2, of_wide_int8),
        *(packed(every_window(size, 0)) for size in MAPS),
    ]
    found += [*(packed(preset(name)) for name in PRESETS), *drawn_networks()]
    groups = [group for network, _ in found for group in network.header.groups]
    assert {group.source for group in groups} == set(SOURCES)
    assert {step.kind for group in groups for step in group.steps} == set(STEPS)
    return found


def compiled(folder: Path, flags: tuple[str, ...], objects: Path) -> Path:
    compiler = find_compiler().command
    skip_unless_linked(folder, compiler, flags)
    return build_program(folder, compiler, machine_sets(), flags, name=ENGINE, objects=objects)


def test_it_touches_no_memory_but_its_own(
    networks: list[tuple[PackedNetwork, Case]], tmp_path: Path, objects: Path
) -> None:
    network, tiny = networks[0]
    broken = [tiny.refused(words, change) for words, change in BREAKS]
    drawn = [*drawn_headers(network), *drawn_headers(networks[2][0], DRAWN_HEADERS // 4)]
    valid = [case for _, case in networks]
    write_cases(tmp_path / "cases", [*valid, *broken, *drawn])
    program = compiled(tmp_path, ADDRESS, objects)
    reports = run_program([program], tmp_path / "cases", 1, 2, 3)
    ran = {isa: said for isa, said in reports.items() if said != "not on this processor"}
    assert ran
    for said in ran.values():
        start, count = said.rsplit(maxsplit=1)
        assert start == f"{len(valid)} equal, {len(broken)} refused, {len(drawn)} harmless, run:"
        assert len(drawn) / 8 < int(count) < len(drawn)  # some run, and some are refused


def test_its_threads_do_not_race(networks: list[tuple[PackedNetwork, Case]], tmp_path: Path, objects: Path) -> None:
    """Two and three threads, over images that follow each other closely."""
    cases = [networks[0][1], networks[1][1], networks[2][1], *(case for _, case in networks[-3:])]
    for case in cases:
        case.images, case.outputs = np.tile(case.images, (4, 1, 1, 1)), np.tile(case.outputs, (4, 1))
    write_cases(tmp_path / "cases", cases)
    reports = run_program([compiled(tmp_path, THREAD, objects)], tmp_path / "cases", 1, 2, 3)
    ran = {said for said in reports.values() if said != "not on this processor"}
    assert ran == {f"{len(cases)} equal, 0 refused, 0 harmless, run: 0"}
