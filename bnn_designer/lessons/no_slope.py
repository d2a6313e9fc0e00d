"""Lesson 2: how a network of signs is trained at all."""

from __future__ import annotations

from bnn_designer.design.presets import preset
from bnn_designer.lessons.lesson import Lesson, Part, Question, Source

NO_SLOPE = Lesson(
    name="no-slope",
    title="Sign has no slope",
    minutes=10,
    idea="The sign function is flat, so its derivative is 0 and gradient descent would stand still. Training pretends "
    "that it has a slope. What is pretended decides which weights can still learn.",
    question=Question(
        "While training, a binary layer keeps a float number behind each weight: the latent weight. The layer "
        "multiplies with its sign. A latent weight is 1.4, and the loss would fall if its sign were -1. The quantizer "
        "is ste_sign, and nothing clips the weights. What happens to this weight?",
        (
            "It flips in the first step.",
            "It falls a little in each step, and flips when it passes 0.",
            "It stays at 1.4 for ever.",
        ),
        2,
        "ste_sign pretends a slope of 1 only between -1 and 1. At 1.4 the pretended slope is 0, so the gradient is 0, "
        "however wrong the sign is. That is why binary layers clip their latent weights to [-1, 1] after each step: in "
        "there, every weight can still learn. Try it below, with the clip and without.",
    ),
    parts=(
        Part(
            "A slope that is not there",
            "The left curve is what the layer multiplies with. It jumps at 0 and is flat, or almost flat, everywhere "
            "else. The right curve is the slope that the backward pass uses in place of the true one. This is called "
            "a **straight-through estimator** (STE): the gradient goes straight through the sign, multiplied by this "
            "curve. Drag the latent weight, or move it with the arrow keys, and compare the estimators.",
            "slope",
            "With `ste_sign`, all weights between -1 and 1 get the same gradient. `approx_sign` gives more to those "
            "near 0, where a small step can flip a sign, and nothing to one that stands exactly at 1. `swish_sign` is "
            "smooth, and its slope falls below 0 beyond 0.48: a weight out there is pushed the wrong way. "
            "`magnitude_aware_sign` multiplies the sign by the mean magnitude of its filter. The filter here has nine "
            "weights: the one you drag, and eight whose magnitudes add up to 3.2.",
        ),
        Part(
            "Train one weight",
            "This is the smallest network there is: one weight, and an input of 1. The output is the binary weight, "
            "and each example says what it should have been. Each step subtracts rate times error times slope from "
            "the latent weight, where the error is the output minus what was wanted. Take one step at a time, or play "
            "all forty.",
            "training",
            "The sign changes only when the latent weight passes 0, so many small steps have to agree before anything "
            "is seen in the output. Let every fourth example want the opposite: near 0, the sign turns back and "
            "forth. And start at 1.4, without the clip and with it, to check your answer from above.",
        ),
        Part(
            "Which one to take",
            "There is no best one for every network. Bi-Real Net trains with `approx_sign` for the inputs of its "
            "layers and the magnitude-aware sign for their kernels. BinaryNet, which came before it, takes `ste_sign` "
            "for both, with latent weights clipped to [-1, 1]. After training, the latent weights are thrown away: "
            "only their signs are deployed, one bit each.",
        ),
    ),
    design=lambda: preset("bi-real-cifar"),
    design_says="A small net after Bi-Real Net. Its binary layers take approx_sign for their inputs, but ste_sign for "
    "their kernels, and they clip their latent weights. Select one of them to see the three settings, and change the "
    "kernels to the magnitude-aware sign, as the paper has it.",
    sources=(
        Source(
            "Bengio, Léonard and Courville: Estimating or Propagating Gradients Through Stochastic Neurons. 2013, "
            "arXiv 1308.3432",
            "the straight-through estimator",
        ),
        Source(
            "Courbariaux, Hubara, Soudry, El-Yaniv and Bengio: Binarized Neural Networks. 2016, arXiv 1602.02830",
            "ste_sign, latent weights and their clipping",
        ),
        Source(
            "Liu and others: Bi-Real Net. 2018, arXiv 1808.00278, section 3.3",
            "approx_sign for activations, the magnitude-aware sign for weights",
        ),
        Source("Darabi and others: BNN+. 2018, arXiv 1812.11800, equation 3", "swish_sign"),
        Source(
            "Helwegen and others: Latent Weights Do Not Exist. 2019, arXiv 1906.02107",
            "how else to see latent weights: as the inertia of a sign",
        ),
    ),
)
