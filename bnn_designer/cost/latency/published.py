"""Published latencies, and the work of the networks that they were measured with.

The amounts of work are those of the presets as LCE converts the networks that Larq Zoo publishes: their binary dense
layers are Keras dense layers, so LCE runs them as float products of unpacked signs (binary-alexnet reads 235 MB of
weights), and kernels that need no image are computed once. They stand here as numbers so that a report need not lower
13 networks; a test holds them to the presets.
"""

from __future__ import annotations

from types import MappingProxyType

from bnn_designer.cost.latency.model import Sample, Work
from bnn_designer.design.presets.published import PUBLISHED

ZOO = "Larq Zoo, docs/zoo/index.md, 2020-10-15: Pixel 1, one thread"
README = "README of Larq Compute Engine: one thread"

#: Binary MACs, float MACs, bytes of activations and operators, by the preset's name.
WORK = MappingProxyType(
    {
        "binary-alexnet": Work(709_890_048, 131_477_504, 7_178_720, 29),
        "xnor-net": Work(987_996_160, 151_128_064, 9_140_792, 28),
        "bi-real-net": Work(1_676_279_808, 137_793_536, 41_982_048, 59),
        "binary-resnet-e18": Work(1_676_279_808, 137_793_536, 45_193_312, 61),
        "binary-densenet-28": Work(3_587_383_296, 202_484_224, 246_984_448, 134),
        "binary-densenet-37": Work(4_506_808_320, 199_738_368, 297_497_296, 179),
        "binary-densenet-37-dilated": Work(7_774_470_144, 452_625_408, 487_088_096, 177),
        "binary-densenet-45": Work(6_430_556_160, 244_103_424, 400_905_824, 219),
        "melius-net-22": Work(4_624_220_160, 136_388_608, 333_623_776, 208),
        "real-to-binary-net": Work(1_676_279_808, 138_087_936, 106_198_944, 188),
        "quicknet-small": Work(1_156_055_040, 15_941_120, 23_612_384, 63),
        "quicknet": Work(1_849_688_064, 29_651_712, 39_461_600, 63),
        "quicknet-large": Work(3_699_376_128, 29_651_712, 64_863_200, 111),
    }
)

#: Milliseconds by the preset's name; Larq Zoo's come with the presets.
PIXEL_1_MS = MappingProxyType(
    {name: published.pixel1_ms for name, published in PUBLISHED.items() if published.pixel1_ms is not None}
)
RASPBERRY_PI_4B_MS = MappingProxyType({"quicknet-small": 27.7, "quicknet": 45.0, "quicknet-large": 77.0})
M1_MS = MappingProxyType({"quicknet-small": 4.0, "quicknet": 5.8, "quicknet-large": 9.9})


def samples(latencies: MappingProxyType[str, float]) -> tuple[Sample, ...]:
    """The measured networks of one of the tables above."""
    return tuple(Sample(name, WORK[name], ms) for name, ms in latencies.items())
