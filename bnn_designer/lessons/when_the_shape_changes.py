"""Lesson 7: shortcuts past a layer that changes the shape."""

from __future__ import annotations

from bnn_designer.lessons.lesson import Lesson, Part, Question, Source
from bnn_designer.lessons.shape_change import network

SHAPE_CHANGE = Lesson(
    name="shape-change",
    title="When the shape changes",
    minutes=6,
    idea="A shortcut adds what went in to what came out, so both need the same shape. Where a layer halves the image "
    "and doubles the channels, something has to lead past it, and that can cost more than the layer.",
    question=Question(
        "A binary 3 x 3 convolution halves the image and doubles the channels. A float 1 x 1 convolution in its "
        "shortcut does the same to what is added. It has a ninth of the weights. How many bytes do they take, "
        "compared with those of the binary layer?",
        ("A ninth", "About as many", "Three and a half times as many"),
        2,
        "Each float weight takes 32 bits and each binary one a single bit. A ninth of the weights, each 32 times as "
        "wide: 32 / 9 = 3.56 times the bytes. With operations it is worse: a float multiply-accumulate counts as much "
        "as 64 binary ones, and 64 / 9 = 7.1. Compare the ways below.",
    ),
    parts=(
        Part(
            "Five ways past one layer",
            "The layer in all five rows is a binary 3 x 3 convolution with stride 2. Move the slider to the place in "
            "the network: as in a ResNet, the image is halved each time that the channels double. Choose a way to see "
            "what it does, and every operator that runs. All figures come from the cost model: those of the layer and "
            "of the way past it together.",
            "shapes",
            "**Weights** grow almost four times with each step of the slider, so a float 1 x 1 convolution hurts most "
            "at the end of a network. **OPs** count 64 binary multiply-accumulates (MACs) as one, and a float one as "
            "one. They stay the same, as the image shrinks while the channels grow. **Memory** is the other way "
            "round: largest at the front.\n\nThe row without a shortcut needs the least memory, since the layer then "
            "writes bits. All ways past the layer keep floats, which take 32 times the room of bits.",
        ),
        Part(
            "What each way keeps",
            "A 1 x 1 convolution with stride 2 reads the upper left pixel of each four and never sees the other "
            "three. An average pool before it costs next to nothing and uses all of them. Passing each channel on "
            "twice needs no weights, but then the new channels get only copies.\n\nConcatenation is another idea: "
            "nothing is summed, so nothing has to be made to fit. The old channels stay, and the layer makes only the "
            "other half. It has half the filters, and so half the binary MACs. The price comes later, if a network "
            "goes on like this: it has more channels after each layer.",
        ),
        Part(
            "Which one to take",
            "The guide Building BNNs says that float 1 x 1 convolutions are the most popular way. Larq's Bi-Real Net "
            "puts an average pool before them, ReActNet does without them, and BinaryDenseNet concatenates. This "
            "lesson compares what they cost. No run that comes with this program compares their accuracy: that is "
            "yours to find out. Train a design of each way, and compare the runs.",
        ),
    ),
    design=lambda: network("average_pool_pointwise", 64),
    design_says="The third row at 64 channels, between a first layer and a head. Select the shortcut and let it pass "
    "the channels on twice instead: the weights shrink by 33.0 KiB, and 524 K float MACs are gone.",
    sources=(
        Source(
            "Larq's documentation: Building BNNs, “High-Precision Shortcuts”",
            "pointwise convolutions where the dimensions change",
        ),
        Source("Liu and others: Bi-Real Net. 2018, arXiv 1808.00278", "OPs: 64 binary operations count as one"),
        Source(
            "Liu, Shen, Savvides and Cheng: ReActNet. 2020, arXiv 2003.03488",
            "an average pool, and channels passed on twice",
        ),
        Source(
            "Bethge, Yang, Bornstein and Meinel: Back to Simplicity. 2019, arXiv 1906.08637",
            "BinaryDenseNet, which concatenates",
        ),
    ),
)
