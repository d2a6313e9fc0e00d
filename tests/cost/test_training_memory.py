"""The memory of training, by hand and against Keras' own weights."""

from __future__ import annotations

import pytest

from bnn_designer.cost.training_memory import training_memory
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.quantization import Quantizer
from bnn_designer.graph import lower
from bnn_designer.nn import build_model


def small() -> Design:
    norm = b.BatchNormOptions()
    return Design(
        name="small",
        input_shape=(8, 8, 3),
        blocks=(
            b.Conv(filters=4, batch_norm=norm, activation="relu"),
            b.BinaryConv(filters=4),
            b.GlobalPool(),
            b.Head(classifier="dense"),
        ),
    )


def test_every_part_by_hand() -> None:
    found = training_memory(lower(small()), batch_size=7)
    trained = 3 * 3 * 3 * 4 + 2 * 4 + 3 * 3 * 4 * 4 + (4 * 10 + 10)
    assert found.weight_bytes == found.gradient_bytes == 4 * trained
    assert found.optimizer_bytes == 2 * 4 * trained  # Adam's two moments
    assert found.statistics_bytes == 4 * (2 * 4)  # mean and variance
    # The image, the sums of the first layer, relu's output, the head's input and its output, all in float; and for the
    # binary layer, of each pixel of relu's output, a word of signs and one of the mask.
    kept = 4 * (8 * 8 * 3 + 8 * 8 * 4 + 8 * 8 * 4 + 4 + 10) + 8 * 8 * 2 * 8
    assert found.activation_bytes == 7 * kept
    parts = found.weight_bytes + found.gradient_bytes + found.optimizer_bytes + found.statistics_bytes
    assert found.total_bytes == parts + found.activation_bytes


def test_a_tensor_that_several_layers_need_is_kept_once() -> None:
    relu = next(one for one in training_memory(lower(small()), engine="float").kept if one.name == "conv_1.relu")
    assert relu.needed_by == ("conv_1.relu", "binary_conv_1")


def test_the_float_engine_keeps_signs_as_floats() -> None:
    graph = lower(small())
    more = training_memory(graph, 1, "float").activation_bytes - training_memory(graph, 1, "xnor").activation_bytes
    assert more == 8 * 8 * 4 * 4 - 8 * 8 * 2 * 8


def test_what_the_estimator_and_the_pool_need() -> None:
    def kept(quantizer: str | Quantizer, engine: str) -> dict[str, int]:
        conv = b.BinaryConv(filters=70, input_quantizer=quantizer)
        pool = b.PoolBatchNorm(pool="max", pool_size=(2, 2), batch_norm=b.BatchNormOptions())
        design = Design(name="d", input_shape=(8, 8, 70), blocks=(conv, pool, b.GlobalPool(), b.Head()))
        found = training_memory(lower(design), 1, engine).kept
        return {one.name: one.bytes for one in found if not one.name.startswith(("head", "global"))}

    floats, bits = 8 * 8 * 70 * 4, 8 * 8 * 2 * 8  # 70 channels take 2 words
    pooled = 4 * 4 * 70
    bn = {"pool_bn_1": pooled * 4}
    places = {"pool_bn_1.places": pooled}
    assert kept("ste_sign", "xnor") == {"input.sign_bits": bits, "input.mask_bits": bits} | places | bn
    wide = Quantizer(name="ste_sign", clip_value=2.0)
    for quantizer in ("approx_sign", wide):
        assert kept(quantizer, "xnor") == {"input.sign_bits": bits, "input": floats} | places | bn
    assert kept("ste_sign", "float") == {"input": floats, "input.sign": floats, "binary_conv_1": floats} | bn


def test_activations_grow_with_the_batch_and_nothing_else_does() -> None:
    one = training_memory(lower(preset("binarynet")), 1)
    many = one.at(64)
    assert many.activation_bytes == 64 * one.activation_bytes
    assert many.total_bytes - many.activation_bytes == one.total_bytes - one.activation_bytes


@pytest.mark.parametrize("name", ["binarynet", "bi-real-cifar", "melius-net-cifar", "reactnet-cifar"])
def test_the_weights_are_keras_own(name: str) -> None:
    graph = lower(preset(name))
    model = build_model(graph, engine="float")
    found = training_memory(graph)
    assert found.trained == sum(int(weight.size) for weight in map(_array, model.trainable_weights))
    assert found.statistics == sum(
        int(weight.size) for weight in map(_array, model.non_trainable_weights) if weight.dtype.kind == "f"
    )


def _array(weight: object) -> object:
    return weight.numpy()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_figure(name: str) -> None:
    assert training_memory(lower(preset(name))).total_bytes > 0


def test_wrong_arguments() -> None:
    graph = lower(small())
    with pytest.raises(ValueError, match="batch_size"):
        training_memory(graph, 0)
    with pytest.raises(ValueError, match="engine"):
        training_memory(graph, 1, "gpu")
