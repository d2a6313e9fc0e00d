"""A report as a look leaves it, of numbers that stand for no network: for the pages that show one."""

from __future__ import annotations

import numpy as np

from bnn_designer.inspection.answers import expected_calibration_error, reliability, worst_mistakes
from bnn_designer.inspection.left_looks import LeftLook, ScoreLook
from bnn_designer.inspection.report import (
    VERSION,
    BinLook,
    Counts,
    FlipsLook,
    Found,
    Inside,
    KernelLook,
    MistakeLook,
    SignLook,
    StageLook,
    SumsLook,
)
from bnn_designer.inspection.sensitivity_report import VERSION as VERSION_OF_SENSITIVITY
from bnn_designer.inspection.sensitivity_report import Change, LayerCost, Sensitivity
from bnn_designer.inspection.trying import Ask, GroupMs, Tried, TriedImage

CLASS_NAMES = ("cat", "<b>dog</b>", "a frog with a long name")
CHANNELS = 6
IMAGES = 40


def made_found(run_id: str) -> Found:
    """One binary convolution with thresholds and one without; channel 2 of the first one's input is always +1."""
    rng = np.random.default_rng(0)
    arrays = {}
    for name in ("conv_1", "conv_1.batch_norm"):
        positive = rng.uniform(0.3, 0.7, CHANNELS)
        positive[2] = 1
        skewness = rng.normal(size=CHANNELS)
        skewness[3] = np.nan
        arrays |= {f"mean/{name}": rng.normal(size=CHANNELS), f"deviation/{name}": rng.uniform(1, 2, CHANNELS)}
        arrays |= {f"skewness/{name}": skewness, f"positive/{name}": positive}
    for name in ("binary_conv_1", "binary_conv_2"):
        arrays[f"kernel/{name}"] = rng.integers(0, 2, (CHANNELS, CHANNELS, 3, 3)).astype(np.uint8)
        arrays[f"flips_last/{name}"] = rng.integers(0, 3, (CHANNELS, CHANNELS, 3, 3)).astype(np.uint8)
        arrays[f"flips_count/{name}"] = (arrays[f"flips_last/{name}"] > 0).astype(np.uint8)
        arrays[f"sums/{name}"] = rng.integers(0, 20, (CHANNELS, 10))
    arrays["factor/binary_conv_1"] = np.array([1, -1, 0, 1, 1, 1], np.float32)
    arrays["offset/binary_conv_1"] = np.array([4, 2, 1, 0, -6, 8], np.float32)
    probabilities = rng.dirichlet(np.ones(3), IMAGES).astype(np.float32)
    labels = rng.integers(0, 3, IMAGES)
    answers = probabilities.argmax(axis=1)
    arrays["confusion"] = np.array([[int(((labels == i) & (answers == j)).sum()) for j in range(3)] for i in range(3)])
    mistakes = worst_mistakes(probabilities, labels, 5)
    arrays["mistakes"] = rng.integers(0, 256, (len(mistakes), 8, 8, 3)).astype(np.uint8)
    bins = reliability(probabilities, labels)
    values = Counts(low=-2, high=2, counts=(1, 5, 6, 2))
    inside = Inside(
        version=VERSION,
        run_id=run_id,
        made_at=1_764_000_000.0,
        epoch_file="best",
        weights_mark="0-0",
        data="a set",
        images=IMAGES,
        seed=0,
        test_images=50,
        right=int((answers == labels).sum()),
        class_names=CLASS_NAMES,
        float_ms=3.5,
        why_unpacked="",
        kernels=(
            KernelLook(
                name="binary_conv_1",
                path="binary_conv_1",
                shape=(3, 3, 6, 6),
                positive_share=0.5,
                latent=values,
                clip=1.0,
                clipped_share=0.125,
            ),
            KernelLook(
                name="binary_conv_2",
                path="binary_conv_2",
                shape=(3, 3, 600, 600),
                positive_share=0.25,
                latent=None,
                clip=None,
                clipped_share=None,
            ),
        ),
        stages=(
            StageLook(name="conv_1", text="after the convolution", channels=CHANNELS, values=values),
            StageLook(name="conv_1.batch_norm", text="after the batch norm", channels=CHANNELS, values=values),
        ),
        signs=(
            SignLook(
                name="binary_conv_1",
                path="binary_conv_1",
                stages=("conv_1", "conv_1.batch_norm"),
                always_positive=(2,),
                advice="Do something about it.",
            ),
            SignLook(name="binary_conv_2", path="binary_conv_2", stages=()),
        ),
        sums=(
            SumsLook(name="binary_conv_1", path="binary_conv_1", products=54, filters=6, low=-20, width=4, why_none=""),
            SumsLook(
                name="binary_conv_2",
                path="binary_conv_2",
                products=5400,
                filters=6,
                low=-20,
                width=4,
                why_none="A shortcut reads them.",
            ),
        ),
        mistakes=tuple(
            MistakeLook(index=one.place, label=one.label, answer=one.answer, sure=one.sure, of_label=one.of_label)
            for one in mistakes
        ),
        reliability=tuple(BinLook(**vars(one)) for one in bins),
        ece=expected_calibration_error(bins),
        flips=(
            FlipsLook(name="binary_conv_1", weights=324, never=81, last=(200, 43), flips=243),
            FlipsLook(name="binary_conv_2", weights=3_240_000, never=3_240_000, last=(0, 0), flips=0),
        ),
        why_no_flips="",
    )
    return Found(inside, arrays)


def made_sensitivity(run_id: str) -> Sensitivity:
    """Of the same layers: one gains, one loses and has no latent weights."""
    return Sensitivity(
        version=VERSION_OF_SENSITIVITY,
        run_id=run_id,
        made_at=1_764_000_000.0,
        epoch_file="best",
        weights_mark="0-0",
        images=400,
        right=200,
        layers=(
            LayerCost(
                name="binary_conv_1",
                path="binary_conv_1",
                inputs=Change(gained=30, lost=10),
                weights=Change(gained=0, lost=0),
                both=Change(gained=40, lost=10),
                norms_anew=Change(gained=50, lost=10),
            ),
            LayerCost(
                name="binary_conv_2",
                path="shortcut_1/binary_conv_2",
                inputs=Change(gained=5, lost=25),
                weights=None,
                both=None,
                norms_anew=None,
            ),
        ),
    )


def made_tried(ask: Ask, label: int | None) -> TriedImage:
    """A black image that is taken for the third class."""
    answer = Tried(
        ask=ask,
        tried_at=1_764_000_000.0,
        label=label,
        probabilities=(0.125, 0.25, 0.625),
        engine_ms=0.5,
        groups=(GroupMs(layers="conv_1, binary_conv_1", ms=0.3), GroupMs(layers="head_1", ms=0.1)),
        isa="avx2",
        left=(
            LeftLook(
                tensor="conv_1.sign", layers=("conv_1",), bits=1, shape=(16, 16, 40), turned=2, positive_share=0.75
            ),
            LeftLook(
                tensor="head_1.dense",
                layers=("head_1.dense",),
                bits=32,
                shape=(1, 1, 3),
                turned=0,
                positive_share=0.5,
                low=-1.5,
                high=3,
                reach=3,
            ),
            LeftLook(tensor="large", layers=("conv_2",), bits=32, shape=(1024, 1024, 2), turned=0),
        ),
        why_no_left="",
        scores=tuple(
            ScoreLook(score=score, offset=0.5, for_it=score + 1.5, against_it=-2.0) for score in (-1.5, -0.25, 3.0)
        ),
        products=64,
    )
    rng = np.random.default_rng(0)
    left = (
        (2 * rng.integers(0, 2, (16, 16, 32)) - 1).astype(np.int8),
        np.array([[[-64, 0, 127]]], np.int8),
        None,
    )
    return TriedImage(answer, np.zeros((32, 32, 3), np.uint8), left)
