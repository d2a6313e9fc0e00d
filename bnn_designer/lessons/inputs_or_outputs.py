"""Lesson 3: where a layer's activations are made binary."""

from __future__ import annotations

from bnn_designer.lessons.lesson import Lesson, Part, Question, Source
from bnn_designer.lessons.sign_place import network

INPUTS_OR_OUTPUTS = Lesson(
    name="inputs-or-outputs",
    title="Inputs or outputs?",
    minutes=6,
    idea="A layer is binary only if it reads signs. So the sign belongs right before the layer that multiplies with "
    "it, not right behind the layer before.",
    question=Question(
        "Somebody thinks of the sign as an activation function, like a ReLU, and puts it at the end of each layer: "
        "convolution, sign, batch norm. The weights of the next layer are binary. What does the next layer multiply "
        "its weights with?",
        (
            "Signs, so XNOR does it.",
            "Whole numbers.",
            "Floats: two different ones in each channel.",
        ),
        2,
        "The batch norm scales and shifts each channel. It makes one float of +1 and another of -1. The two could be "
        "told apart by one bit, but they are not +1 and -1, and the layer multiplies with floats. Put the sign where "
        "it belongs, below.",
    ),
    parts=(
        Part(
            "Put the sign in its place",
            "Layer A is binary and gives sums. Eight of them, of one channel, travel down the table to layer B, whose "
            "weights are binary. One sign stands on the way. Press a button to put it somewhere else, and switch the "
            "batch norm and the shortcut on and off. What layer B costs is counted by the cost model.",
            "signplace",
            "Right before layer B, the sign works in each of the four networks. Anywhere else it does not: what stands "
            "behind it makes floats of the signs. The number of multiply-accumulates (MACs) is the same in all cases, "
            "but XNOR cannot do those of floats: B's kernel takes 32 times the bytes in the file, and so does what it "
            "reads.\n\nThe batch norm here uses the mean and variance of the eight values that it reads, as it does "
            "in training, with gamma 1 and beta 0.",
        ),
        Part(
            "What else may stand behind a sign",
            "Some operations leave signs as they are. The largest of some signs is a sign, so a max pool may stand "
            "between the sign and layer B, and it even works on packed bits. The mean of some signs is not one, so an "
            "average pool may not.\n\n"
            "The last figure above says how the bits come about. Without a shortcut, layer A compares each of its sums "
            "with a threshold and writes bits itself, batch norm included. With a shortcut, the sum needs floats, and "
            "a pass of its own reads them all to pack their signs.",
        ),
        Part(
            "How this program does it",
            "A binary layer here has an **input quantizer**: the sign is part of the layer that multiplies, as in "
            "Larq. There is no output quantizer, so no design can make this mistake. What a design can do is to leave "
            "the input quantizer out. Then the layer has binary weights only (BWN) and multiplies in float. The "
            "Layers view shows the precision of each layer, and *In bits* where floats come between.",
        ),
    ),
    design=lambda: network(True, True, True),
    design_says="Layers A and B, with batch norm and shortcut, each quantizing its inputs. Select the second binary "
    "convolution and take its input quantizer away: its multiply-accumulates turn from binary to float, and its "
    "weights in the file from 4.50 KiB to 144 KiB.",
    sources=(
        Source(
            "Larq's documentation: Building BNNs, “Binarizing a single layer”",
            "why there is an input quantizer and no activation quantizer",
        ),
        Source(
            "Bannink and others: Larq Compute Engine. 2020, arXiv 2011.09398",
            "thresholds that write bits, and max pools of bits",
        ),
        Source(
            "Courbariaux, Hubara, Soudry, El-Yaniv and Bengio: Binarized Neural Networks. 2016, arXiv 1602.02830",
            "batch norm before the sign",
        ),
        Source(
            "Liu and others: Bi-Real Net. 2018, arXiv 1808.00278",
            "shortcuts around each sign and binary convolution",
        ),
    ),
)
