"""One weight under a stream of gradients, held to the optimizers of the product; and what the lesson says of it."""

from __future__ import annotations

import keras
import pytest
import tensorflow as tf

from bnn_designer.design import walk
from bnn_designer.design.blocks import BinaryConv
from bnn_designer.lessons.flips import LATENT, RATES, STARTS, STEPS, STREAMS, bop, scaled, sgd
from bnn_designer.lessons.training_tricks import NETWORK, TRAINING_TRICKS
from bnn_designer.nn import Adam, Bop, WeightClip
from bnn_designer.nn.quantizers import ste_sign
from bnn_designer.training.known_recipes import KNOWN_RECIPES, recipes_for
from bnn_designer.training.learning_rates import LEARNING_RATES
from bnn_designer.ui.learn import tricks_data

every_stream = pytest.mark.parametrize("name", STREAMS)
NOISY, NOISE, TURNING = (STREAMS[name].gradients for name in ("noisy", "noise", "turning"))
THAT_OPTIMIZER = {"sgd": keras.optimizers.SGD, "adam": Adam}


@every_stream
def test_a_stream_is_in_tenths_and_pushes_as_its_name_says(name: str) -> None:
    gradients = STREAMS[name].gradients
    assert len(gradients) == STEPS
    assert all(abs(one) <= 1 and round(10 * one) / 10 == one for one in gradients)
    halves = [sum(half) / len(half) for half in (gradients[: STEPS // 2], gradients[STEPS // 2 :])]
    signs = {"same": (1, 1), "noisy": (1, 1), "turning": (1, -1)}
    if name == "noise":
        assert all(abs(half) < 0.1 for half in halves)
    else:
        assert all(half * sign > 0.2 for half, sign in zip(halves, signs[name], strict=True))


@every_stream
@pytest.mark.parametrize("optimizer", LATENT)
def test_a_latent_weight_moves_as_the_optimizers_move_it(name: str, optimizer: str) -> None:
    """The gradient goes through ``ste_sign``, the constraint is ``weight_clip``."""
    gradients = STREAMS[name].gradients[:40]
    latent = keras.Variable([[0.8]])
    latent.constraint = WeightClip()  # as a layer sets it: an argument of that name is passed over
    keras_optimizer = THAT_OPTIMIZER[optimizer](0.1)
    for gradient, expected in zip(gradients, LATENT[optimizer](gradients, 0.8, 0.1).remembered, strict=True):
        with tf.GradientTape() as tape:
            loss = gradient * tf.reduce_sum(ste_sign(latent.value))
        keras_optimizer.apply([tape.gradient(loss, latent.value)], [latent])
        # float32 knows Adam's 1 - 0.999 to four digits
        assert float(latent.numpy()[0, 0]) == pytest.approx(expected, abs=1e-4)


@every_stream
@pytest.mark.parametrize(("gamma", "threshold"), [(0.1, 0.3), (0.5, 0.1), (1.0, 0.55)])
def test_bop_flips_where_the_optimizer_does(name: str, gamma: float, threshold: float) -> None:
    gradients = STREAMS[name].gradients
    weight, optimizer = keras.Variable([1.0]), Bop(gamma, threshold)
    signs = []
    for gradient in gradients:
        optimizer.apply([tf.constant([gradient])], [weight])
        signs.append(int(weight.numpy()[0]))
    assert bop(gradients, gamma, threshold).signs == tuple(signs)


def test_bop_by_hand() -> None:
    found = bop((1.0, 1.0, -1.0, -1.0, -1.0), 0.5, 0.6)
    # m: 0.5, 0.75 > 0.6 flips, then -0.125, -0.5625, -0.78125, which speaks against -1
    assert found.remembered == (0.5, 0.75, -0.125, -0.5625, -0.78125)
    assert found.signs == (1, -1, -1, -1, 1)
    assert found.flips() == (2, 5)


def test_the_average_has_to_pass_the_threshold_not_to_reach_it() -> None:
    assert bop(STREAMS["same"].gradients, 1.0, 0.5).flips() == ()


def test_a_latent_weight_by_hand() -> None:
    found = sgd((1.0, 1.0, 1.0, -1.0), 0.2, 0.1)
    assert found.remembered == (0.1, 0.0, -0.1, 0.0)  # and the sign of 0 is +1
    assert found.flips() == (3, 4)
    assert sgd((1.0, 1.0), -0.95, 0.1).remembered == (-1.0, -1.0)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("rate", RATES)
def test_half_the_start_and_half_the_rate_give_the_same_signs(start: float, rate: float) -> None:
    """The answer of the question; both stay off the clip until after the first flip, as nearly all pushes go down."""
    whole, half = sgd(NOISY, start, rate), sgd(NOISY, start / 2, rate / 2)
    unclipped = next((step for step, weight in enumerate(whole.remembered) if abs(weight) == 1), STEPS)
    assert whole.signs[:unclipped] == half.signs[:unclipped]


def test_what_the_lesson_says_to_try() -> None:
    assert sgd(NOISY, 0.8, 0.1).flips() == sgd(NOISY, 0.4, 0.05).flips() == (22,)
    small = scaled(STREAMS["noisy"], 0.1)
    assert sgd(small, 0.8, 0.1).flips() == ()
    assert LATENT["adam"](small, 0.8, 0.1).flips() == LATENT["adam"](NOISY, 0.8, 0.1).flips() == (12,)
    assert bop(NOISY, 0.1, 0.3).flips()
    assert not bop(small, 0.1, 0.3).flips()
    assert bop(small, 0.1, 0.03).flips() == bop(NOISY, 0.1, 0.3).flips()
    assert len(bop(NOISE, 1.0, 0.0).flips()) == 33
    assert bop(NOISE, 0.1, 0.3).flips() == ()
    assert bop(TURNING, 0.1, 0.3).flips() == (15, STEPS // 2 + 26)
    assert bop(TURNING, 0.1, 0.5).flips() == ()


def test_the_recipes_of_the_text_are_there_with_the_figures_that_it_has() -> None:
    assert LEARNING_RATES["adam"] in RATES
    assert KNOWN_RECIPES["learning-rate-x30"].fields["learning_rate"] in RATES
    text = "".join(part.text + part.after for part in TRAINING_TRICKS.parts)
    assert f"*{KNOWN_RECIPES['two-stage'].title}*" in text
    assert "two-stage" in recipes_for(TRAINING_TRICKS.design())
    assert "42.4 %" in KNOWN_RECIPES["bop"].measured


def test_bop_can_train_the_network_of_the_lesson() -> None:
    layers = [block for _, block in walk(TRAINING_TRICKS.design().blocks) if isinstance(block, BinaryConv)]
    assert layers
    assert {str(layer.kernel_quantizer) for layer in layers} == {"ste_sign"}


def test_every_recipe_is_shown_with_a_command_for_a_network_that_it_was_made_for() -> None:
    groups = tricks_data.recipes()["groups"]
    shown = {one["name"]: dict(one["rows"]) for group in groups for one in group["recipes"]}
    assert set(shown) == set(KNOWN_RECIPES)
    assert [one["name"] for one in groups[1]["recipes"]] == ["no-batch-norm", "learning-rate-x30", "no-weight-clip"]
    for name, known in KNOWN_RECIPES.items():
        assert shown[name]["Measured"] == known.measured
        network = shown[name]["In a terminal"].split()[2]
        assert network in (known.designs or (NETWORK,))
