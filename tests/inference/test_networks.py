"""The engine gives what the Keras model gives: presets and drawn networks, any threads, any instruction set."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.design.quantization import Quantizer
from bnn_designer.graph import lower
from bnn_designer.inference import Engine, EngineError
from bnn_designer.kernels.builder import build_kernels
from bnn_designer.kernels.library import available_isas
from bnn_designer.packing import PackError, pack
from bnn_designer.packing.trained import Trained
from tests import strategies
from tests.inference.models import keras_outputs, random_images, random_model


def instruction_sets() -> tuple[str, ...]:
    return available_isas(ctypes.CDLL(str(build_kernels())))


def assert_same(design: Design, images: int, threads: int = 1, isa: str | None = None) -> None:
    graph = lower(design)
    model, batch = random_model(graph), random_images(graph, images)
    with Engine(pack(graph, model, design), threads, isa) as engine:
        found = engine.run(batch)
    wanted = keras_outputs(model, batch)
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-5)
    np.testing.assert_array_equal(found.argmax(1), wanted.argmax(1))


SMALL_PRESETS = (
    "binarynet",
    "bi-real-cifar",
    "vgg-small-bnn",
    "xnor-net-cifar",
    "binary-densenet-cifar",
    "melius-net-cifar",
    "quicknet-cifar",
    "reactnet-cifar",
    "har-1d",
)


@pytest.mark.parametrize("name", SMALL_PRESETS)
def test_small_presets(name: str) -> None:
    assert_same(preset(name), 40)


@pytest.mark.parametrize("name", ["quicknet-small", "real-to-binary-net", "binary-alexnet", "xnor-net"])
def test_presets_for_imagenet(name: str) -> None:
    """Between them: blurs, groups of scores, dense layers of 9,216 products, kernels that LCE computes anew."""
    assert_same(preset(name), 2)


@pytest.mark.parametrize("isa", instruction_sets())
def test_every_instruction_set(isa: str) -> None:
    for name in ("binarynet", "quicknet-cifar", "reactnet-cifar"):
        assert_same(preset(name), 10, isa=isa)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(strategies.networks())
def test_drawn_networks(design: Design) -> None:
    graph = lower(design)
    model, batch = random_model(graph), random_images(graph, 3)
    try:
        network = pack(graph, model, design)
    except PackError:
        assume(False)  # inputs of 8 bits: see below
        raise
    with Engine(network, 2) as engine:
        found = engine.run(batch)
    np.testing.assert_allclose(found, keras_outputs(model, batch), rtol=1e-3, atol=1e-4)


def test_a_shortcut_within_a_group_is_read_again_where_it_was_stored() -> None:
    """All that stands in the shortcut works pixel by pixel, so storing and adding are steps of one group."""
    norm = b.BatchNorm()
    design = Design(
        name="steps", input_shape=(5, 5, 3), classes=4, blocks=(norm, b.Shortcut(body=(norm,)), b.Flatten(), b.Head())
    )
    assert_same(design, 20, threads=3)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_results_do_not_depend_on_the_number_of_threads(threads: int) -> None:
    for name in ("binarynet", "real-to-binary-net", "binary-densenet-cifar"):
        graph = lower(preset(name))
        network = pack(graph, random_model(graph))
        images = random_images(graph, 3)
        with Engine(network, 1) as one, Engine(network, threads) as many:
            wanted = one.run(images)
            for _ in range(5):
                np.testing.assert_array_equal(many.run(images), wanted)


def test_one_image_or_many() -> None:
    graph = lower(preset("bi-real-cifar"))
    images = random_images(graph, 3)
    with Engine(pack(graph, random_model(graph))) as engine:
        batch = engine.run(images)
        assert batch.shape == (3, 10)
        np.testing.assert_array_equal(engine.run(images[1]), batch[1])
        assert engine.run(images[:0]).shape == (0, 10)
        with pytest.raises(EngineError, match=r"shape \(3, 32, 32\).*\[n\] x 32 x 32 x 3"):
            engine.run(images[..., 0])
    with pytest.raises(EngineError, match="closed"):
        engine.run(images)


def test_an_instruction_set_that_is_not_there_is_refused() -> None:
    graph = lower(preset("bi-real-cifar"))
    with pytest.raises(EngineError, match="no kernels of vax"):
        Engine(pack(graph, random_model(graph)), isa="vax")


def test_timed_groups_are_those_of_the_header() -> None:
    graph = lower(preset("bi-real-cifar"))
    network = pack(graph, random_model(graph))
    with Engine(network) as engine:
        seconds = engine.run_timed(random_images(graph, 1)[0])
    assert seconds.shape == (len(network.header.groups),)
    assert (seconds > 0).all()


def test_weights_that_are_not_finite_are_refused_with_the_layer() -> None:
    graph = lower(preset("bi-real-cifar"))
    model = random_model(graph)
    layer = next(layer for layer in model.layers if "batch_norm" in layer.name)
    layer.beta.assign(np.full(layer.beta.shape, np.nan))
    with pytest.raises(PackError, match=f"'{layer.name}' has weights that are not finite"):
        pack(graph, model)


def test_a_model_of_another_design_is_refused() -> None:
    graph, other = lower(preset("bi-real-cifar")), lower(preset("binarynet"))
    with pytest.raises(PackError, match="trained model has no layer"):
        pack(graph, random_model(other))


@pytest.mark.parametrize(("channels", "filters", "groups"), [(64, 24, 2), (12, 9, 3), (256, 128, 2)])
@pytest.mark.parametrize("pad_values", [0, 1])
def test_groups_of_binary_convolutions(channels: int, filters: int, groups: int, pad_values: int) -> None:
    """Signs of whole words and of parts of words; the converter makes float convolutions of the second."""
    quantizers = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
    grouped = {"kernel_size": (3, 3), "groups": groups, "pad_values": pad_values}
    chain = (
        b.Conv(filters=channels, kernel_size=(3, 3)),
        b.BinaryConv(id="C1", filters=filters * groups, **grouped, **quantizers),
        b.BinaryConv(id="C2", filters=filters, kernel_size=(1, 1), **quantizers),
        b.GlobalPool(),
        b.Head(),
    )
    design = Design(name="groups", input_shape=(9, 7, 3), classes=5, blocks=chain)
    assert_same(design, 20, threads=2)
    graph = lower(design)
    sources = [group.source for group in pack(graph, random_model(graph)).header.groups]
    assert sources.count("binary_conv") == (2 if pad_values == 0 or channels % 32 == 0 else 1)


def quantized(quantizer: Quantizer) -> Design:
    conv = b.BinaryConv(id="C1", filters=8, kernel_size=(3, 3), input_quantizer=quantizer, kernel_quantizer="ste_sign")
    chain = (b.Conv(filters=8, kernel_size=(3, 3)), conv, b.GlobalPool(), b.Head())
    return Design(name="quantized", input_shape=(9, 9, 3), classes=5, blocks=chain)


@pytest.mark.parametrize("name", ["dorefa", "ste_tern"])
def test_quantizers_of_two_bits(name: str) -> None:
    assert_same(quantized(Quantizer(name=name)), 20)


def test_the_engine_s_threshold_is_the_largest_number_that_keras_makes_zero() -> None:
    """The engine gives 0 where ``|x| <= high``."""
    graph = lower(quantized(Quantizer(name="ste_tern")))
    model = random_model(graph)
    step = Trained(graph, model).input_step("C1")
    assert step is not None
    high = np.float32(step.high)
    pair = np.array([high, np.nextafter(high, np.float32(1))])
    assert model.get_layer("C1").input_quantizer(pair).numpy().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("quantizer", "words"),
    [
        (Quantizer(name="int8"), r"'C1' reads inputs of 8 bits \(int8\), and the engine has no step"),
        # 0 and 1, which are one bit but no signs
        (Quantizer(name="dorefa", k_bit=1), r"'C1' reads inputs of 1 bits \(dorefa.*\), and the engine has no step"),
    ],
)
def test_quantizers_that_the_engine_lacks_are_refused_with_the_layer(quantizer: Quantizer, words: str) -> None:
    graph = lower(quantized(quantizer))
    with pytest.raises(PackError, match=words) as caught:
        pack(graph, random_model(graph))
    assert caught.value.path == "C1"
