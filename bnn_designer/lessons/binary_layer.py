"""Lesson 1: what a binary layer computes."""

from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head
from bnn_designer.lessons.lesson import Lesson, Part, Question, Source


def _design() -> Design:
    norm = BatchNormOptions()
    layers = (Conv(filters=32, batch_norm=norm), BinaryConv(filters=32, batch_norm=norm))
    return Design(name="one-binary-layer", blocks=(*layers, GlobalPool(), Head()))


BINARY_LAYER = Lesson(
    name="binary-layer",
    title="One binary layer",
    minutes=8,
    idea="In a binary layer every input and every weight is +1 or -1. One bit holds each of them, and multiplying two "
    "of them is no more than asking whether they are equal.",
    question=Question(
        "A binary neuron has eight inputs and eight weights, each +1 or -1. It multiplies them in pairs and adds the "
        "eight products. Which of these numbers can never come out?",
        ("8", "0", "3", "-2"),
        2,
        "Each product is +1 or -1. If m of the eight are +1, the other 8 - m are -1, and the sum is m - (8 - m) = 2m "
        "- 8. That is an even number for every m, so 3 is out of reach. Try it below: turn over one sign at a time.",
    ),
    parts=(
        Part(
            "Multiply and add, or compare and count",
            "Press a sign to turn it over. With the keyboard: the arrow keys move, the space bar turns. The upper half "
            "works with numbers, as an ordinary layer does. The lower half works with bits, as a binary layer does: "
            "a bit is 0 for +1 and 1 for -1. **XNOR** writes a 1 wherever two bits are equal, and **popcount** counts "
            "the ones. Both halves always give the same output.",
            "layer",
            "The output is not a sign. It is a whole number between -8 and 8, because the layer adds. If another "
            "binary layer follows, it takes the sign of this number first.\n\nTurn over one sign, and one product "
            "changes from +1 to -1 or back. The sum then moves by 2, never by 1. So it stays even: **an output is "
            "even if the number of inputs is even, and odd if it is odd.**",
        ),
        Part(
            "Why anybody would do this",
            "A float weight takes 32 bits; a sign takes one. And a processor compares whole words: with one XNOR and "
            "one popcount, a word of 64 bits does 64 multiplications and additions. This program's kernels count the "
            "bits that *differ* instead, as XOR does, and compute 8 - 2 popcount(XOR). That is the same number, and "
            "no bit has to be turned over.",
        ),
        Part(
            "Nine at a time: a convolution",
            "A convolution does the same again and again. Its kernel of 3 x 3 signs is laid over each place of an "
            "image, and each place gives one sum of nine products. A real picture is first made into signs; of its "
            "32 x 32 signs, the frame marks the 8 x 8 that are shown large. Move the frame by its sliders, or press a "
            "place in one of the small pictures. Choose a place in the output to see its nine pairs. Press the signs "
            "of the kernel to change what it looks for.\n\nWhere this server has no CIFAR-10, there is only a small "
            "drawing, which is shown as a whole.",
            "convolution",
            "Nine is odd, so every sum here is odd: between -9 and 9, and never 0. The sum is largest where the image "
            "looks like the kernel, and smallest where it looks like the kernel's negative. In the output of a whole "
            "picture, *dark above bright* makes some edges white, and the opposite edges black.\n\nHere each pixel is "
            "one sign. In a network a place has many channels, and a sum has nine products for each of them.",
        ),
    ),
    design=_design,
    design_says="A network with one binary layer: 32 filters of 3 x 3 over 32 channels. Each of its sums has 288 "
    "products, so each is even. It has 9,216 weights, over ten times as many as the float layer before it, in a third "
    "of the bytes: 1,152 against 3,456.",
    sources=(
        Source(
            "Rastegari, Ordonez, Redmon and Farhadi: XNOR-Net. 2016, arXiv 1603.05279, section 3.2",
            "products of signs by XNOR and popcount",
        ),
        Source(
            "Courbariaux, Hubara, Soudry, El-Yaniv and Bengio: Binarized Neural Networks. 2016, arXiv 1602.02830",
            "training with weights and activations of +1 and -1",
        ),
        Source(
            "Larq's documentation: Building BNNs, “Binarizing a single layer”",
            "the output of a binarized layer is an integer, and the next layer binarizes its own inputs",
        ),
        Source(
            "Bannink and others: Larq Compute Engine. 2020, arXiv 2011.09398",
            "the bit 0 for +1 and 1 for -1",
        ),
        Source("CIFAR-10 on this server: the first test image of five classes", "the pictures, where it is there"),
    ),
)
