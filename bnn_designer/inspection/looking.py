"""Looks inside a trained network on test images: one pass, batch by batch, with Keras."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.graph import Layer, ops
from bnn_designer.graph.passes import deploy
from bnn_designer.inspection import answers
from bnn_designer.inspection.flipping import Recorded, flip_looks
from bnn_designer.inspection.moments import Binned, Moments
from bnn_designer.inspection.origin import Origin
from bnn_designer.inspection.report import (
    VERSION,
    BinLook,
    Counts,
    Found,
    Inside,
    KernelLook,
    MistakeLook,
    SignLook,
    StageLook,
    SumsLook,
)
from bnn_designer.inspection.stages import Way, dead_advice, has_binary_kernel, stage_text, ways
from bnn_designer.inspection.sums import Sums, Threshold, thresholds
from bnn_designer.inspection.weights import clipped_share, latent_counts, tiles
from bnn_designer.measuring.carrying_out import Say
from bnn_designer.measuring.checkpoint import TrainedModel
from bnn_designer.measuring.images import scaled
from bnn_designer.nn.model import quantized_layers
from bnn_designer.packing import PackError
from bnn_designer.packing.fuse import fuse
from bnn_designer.packing.trained import Trained
from bnn_designer.training.data.images import Images

#: Test images that are looked at: a share of them is right to 1.6 points (standard error of one half).
IMAGES = 1_000
SEED = 0
MOST_MISTAKES = 24
#: A picture of a mistake has so many pixels on a side at most; of a larger image every second, third, ... pixel.
MOST_SIDE = 96
_BINS = 60
# What the tensors of a batch take in memory, at most.
_BATCH_BYTES = 192 * 2**20
_MOST_BATCH = 100
_TIMED = 20

FloatArray = npt.NDArray[np.float32]


def look_inside(
    trained: TrainedModel,
    data: Images,
    say: Say,
    origin: Origin = Origin(),  # noqa: B008 - it is frozen
    images: int = IMAGES,
    flips: Recorded = Recorded(),  # noqa: B008 - as above
) -> Found:
    """All that is known of a network after one pass over some test images.

    Args:
        trained: as ``build_model`` made it of its graph.
        data: the set that it was trained on; the test images are chosen with :data:`SEED`.
        say: called with what is done, and the share of the work that is.
        origin: of which run it is.
        images: how many test images, at most.
        flips: what its run has recorded of them.
    """
    chosen = chosen_images(len(data.test_images), images)
    labels = data.test_labels[chosen].astype(np.int64)
    binary = [layer for layer in trained.graph.layers if has_binary_kernel(layer)]
    say("Reading the kernels", 0.05)
    arrays: dict[str, Any] = {}
    kernels = tuple(_kernel(trained, layer, origin.has_latent, arrays) for layer in binary)
    flip_by_layer, why_no_flips = flip_looks(flips, kernels, arrays)
    probe = _Probe(trained)
    parts = []
    for first, outputs in probe.run(data.test_images[chosen]):
        parts.append(outputs)
        say(f"Looking at {len(chosen):,} test images", 0.1 + 0.8 * first / len(chosen))
    probabilities = np.concatenate(parts)
    say("Timing one image in float", 0.95)
    float_ms = time_in_float(trained.model, scaled(data.test_images[:1]))
    mistakes = answers.worst_mistakes(probabilities, labels, MOST_MISTAKES)
    classes = len(data.class_names)
    bins = answers.reliability(probabilities, labels)
    arrays["confusion"] = answers.confusion(labels, probabilities.argmax(axis=1), classes)
    arrays["mistakes"] = (
        np.stack([_picture(data.test_images[chosen[one.place]]) for one in mistakes])
        if mistakes
        else (np.zeros((0, 1, 1, 1), np.uint8))
    )
    stages, signs, sums = probe.found(arrays)
    inside = Inside(
        version=VERSION,
        run_id=origin.run_id,
        made_at=time.time(),
        epoch_file=origin.epoch_file,
        weights_mark=origin.weights_mark,
        data=data.title,
        images=len(chosen),
        seed=SEED,
        test_images=len(data.test_images),
        right=int((probabilities.argmax(axis=1) == labels).sum()),
        class_names=data.class_names,
        float_ms=float_ms,
        why_unpacked=probe.why_unpacked,
        kernels=kernels,
        stages=stages,
        signs=signs,
        sums=sums,
        mistakes=tuple(
            MistakeLook(
                index=int(chosen[one.place]), label=one.label, answer=one.answer, sure=one.sure, of_label=one.of_label
            )
            for one in mistakes
        ),
        reliability=tuple(
            BinLook(low=one.low, high=one.high, images=one.images, sure=one.sure, right=one.right) for one in bins
        ),
        ece=answers.expected_calibration_error(bins),
        flips=flip_by_layer,
        why_no_flips=why_no_flips,
    )
    return Found(inside, arrays)


def chosen_images(there: int, wanted: int = IMAGES) -> npt.NDArray[np.int64]:
    """Which test images are looked at: so many, at random with :data:`SEED`, in their order."""
    return np.sort(np.random.default_rng(SEED).choice(there, min(there, wanted), replace=False))


def time_in_float(model: Any, image: FloatArray) -> float:
    """The median time in ms of one image [1, height, width, channels] in TensorFlow, of 20.

    The binary layers compute in float from then on: the model is not to be used for more.
    """
    for layer in quantized_layers(model).values():
        layer.engine = "float"
    run = tf.function(lambda images: model(images, training=False), jit_compile=False)
    tensor = tf.convert_to_tensor(image)
    took = []
    for _ in range(_TIMED + 2):  # two to warm up
        start = time.perf_counter()
        run(tensor).numpy()
        took.append((time.perf_counter() - start) * 1e3)
    return statistics.median(took[2:])


class _Probe:
    """Runs a network and gathers what passes on the way to signs, and the sums of binary layers."""

    def __init__(self, trained: TrainedModel) -> None:
        graph, model = trained.graph, trained.model
        self.ways: tuple[Way, ...] = ways(graph)
        self.stages = {stage.name: stage for way in self.ways for stage in way.stages}
        found, why, self.why_unpacked = _thresholds(trained)
        binary = [layer for layer in graph.layers if isinstance(layer.op, ops.QuantizedOp) and layer.op.is_binary]
        numbers = Trained(graph, model)
        self.sums = {
            layer.name: Sums(
                layer,
                products=_products(layer, graph.input_shapes(layer)[0]),
                scale=numbers.kernel(layer.name)[1],
                bias=numbers.bias(layer.name),
                threshold=found.get(layer.name),
                why_none=why.get(layer.name, ""),
            )
            for layer in binary
        }
        self.moments: dict[str, Moments] = {}
        self.values = {name: Binned(_BINS) for name in self.stages}
        self.names = [layer.name for layer in graph.layers if layer.name in self.stages or layer.name in self.sums]
        taps = [model.get_layer(name).output for name in self.names]
        self.model = keras.Model(model.input, [*taps, model.output])
        elements = sum(graph.tensors[name].elements for name in self.names) + graph.output.elements
        self.batch = max(1, min(_MOST_BATCH, _BATCH_BYTES // (4 * elements)))

    def run(self, images: npt.NDArray[np.uint8]) -> Iterator[tuple[int, FloatArray]]:
        """How many images are done, and what the network gives the last ones, [n, classes]."""
        for first in range(0, len(images), self.batch):
            part = images[first : first + self.batch]
            *found, outputs = self.model(scaled(part), training=False)
            for name, tensor in zip(self.names, found, strict=True):
                values = np.asarray(tensor)
                if name in self.stages:
                    mine = Moments.of(values)
                    self.moments[name] = self.moments[name] + mine if name in self.moments else mine
                    self.values[name].add(values)
                if name in self.sums:
                    self.sums[name].add(values)
            yield first + len(part), np.asarray(outputs).reshape(len(part), -1)

    def found(self, arrays: dict[str, Any]) -> tuple[tuple[StageLook, ...], tuple[SignLook, ...], tuple[SumsLook, ...]]:
        """The looks; their arrays are added to ``arrays``."""
        stages = []
        for name, layer in self.stages.items():
            its, values = self.moments[name], self.values[name]
            arrays |= {
                f"mean/{name}": its.mean.astype(np.float32),
                f"deviation/{name}": its.deviation.astype(np.float32),
                f"skewness/{name}": its.skewness.astype(np.float32),
                f"positive/{name}": its.positive_share.astype(np.float32),
            }
            counts = Counts(low=values.low, high=values.high, counts=tuple(values.counts.tolist()))
            stages.append(StageLook(name=name, text=stage_text(layer), channels=len(its.mean), values=counts))
        return tuple(stages), self._signs(), tuple(one.look(arrays) for one in self.sums.values())

    def _signs(self) -> tuple[SignLook, ...]:
        """In running order, so that a layer whose own input is dead is known before its outputs are advised on."""
        found: list[SignLook] = []
        dead: dict[str, str] = {}
        for way in self.ways:
            sign = self._sign(way, dead)
            found.append(sign)
            if sign.channels and len(sign.always_positive) + len(sign.always_negative) == sign.channels:
                dead[way.layer.name] = way.layer.path
        return tuple(found)

    def _sign(self, way: Way, dead: Mapping[str, str]) -> SignLook:
        """What is binarized before one layer; ``dead``: the paths of layers all of whose channels are dead, by name."""
        names = tuple(stage.name for stage in way.stages)
        if not names:
            return SignLook(name=way.layer.name, path=way.layer.path, stages=())
        its = self.moments[names[-1]]
        positive, negative = (tuple(np.flatnonzero(its.positive == count).tolist()) for count in (its.count, 0))
        return SignLook(
            name=way.layer.name,
            path=way.layer.path,
            stages=names,
            always_positive=positive,
            always_negative=negative,
            advice=dead_advice(way, dead.get(names[0], ""), always_positive=bool(positive))
            if positive or negative
            else "",
            channels=len(its.mean),
        )


def _thresholds(trained: TrainedModel) -> tuple[dict[str, Threshold], dict[str, str], str]:
    """The thresholds of the packed network, by layer, why a layer has none, and why the network cannot be packed."""
    try:
        numbers = Trained(trained.graph, trained.model, trained.packing_images())
        groups = fuse(deploy(trained.graph), numbers)
    except PackError as error:
        why = f"The network cannot be packed. {error}"
        return {}, {layer.name: why for layer in trained.graph.layers}, str(error)
    return (*thresholds(groups), "")


def _products(layer: Layer, source: tuple[int, ...]) -> int:
    """Of how many products an output is the sum."""
    assert isinstance(layer.op, ops.QuantizedOp)
    *depth, _ = layer.op.kernel_shape(source)
    if isinstance(layer.op, ops.DepthwiseConv2D):
        depth = depth[:-1]
    return int(np.prod(depth))


def _kernel(trained: TrainedModel, layer: Layer, has_latent: bool, arrays: dict[str, Any]) -> KernelLook:
    assert isinstance(layer.op, ops.QuantizedOp)
    signs, _ = Trained(trained.graph, trained.model).kernel(layer.name)
    latent = np.asarray(trained.model.get_layer(layer.name).kernel, np.float32)
    constraint = layer.op.kernel_constraint
    clip = constraint.clip_value if has_latent and constraint is not None else None
    arrays[f"kernel/{layer.name}"] = tiles(signs)
    counts = None
    if has_latent:
        reach, bins = latent_counts(latent, clip)
        counts = Counts(low=-reach, high=reach, counts=tuple(bins.tolist()))
    return KernelLook(
        name=layer.name,
        path=layer.path,
        shape=tuple(latent.shape),
        positive_share=float((signs >= 0).mean()),
        latent=counts,
        clip=clip,
        clipped_share=clipped_share(latent, clip) if clip is not None else None,
    )


def _picture(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    step = -(-max(image.shape[:2]) // MOST_SIDE)
    return image[::step, ::step]
