"""Lesson 8: a max pool before the batch norm or behind it."""

from __future__ import annotations

from bnn_designer.lessons.lesson import Lesson, LookInside, Part, Question, Source
from bnn_designer.lessons.pooling import RESULT, batch_norm_first

POOL_FIRST = Lesson(
    name="pooling",
    title="Pooling before batch norm",
    minutes=10,
    idea="A max pool keeps the largest of neighbouring numbers, so most of what it gives is large. Where a sign reads "
    "that, most signs are +1. A batch norm behind the pool centers it again; one in front of it does not see it.",
    question=Question(
        "A batch norm has centered what a filter gives: about half of it is above 0, half below. Then a max pool keeps "
        "the largest of each 2 x 2 neighbours, and the next layer takes its sign. How much of that becomes +1, in a "
        "trained network and on real images?",
        ("Half, as before", "About four fifths", "15 of 16"),
        1,
        "All four have to be below 0 for a -1. If they had nothing to do with each other, that would happen in one of "
        "2 x 2 x 2 x 2 = 16 cases. But neighbours in an image are alike. Over the 32 filters of a trained layer it is "
        "78.5 % on average, and 67.7 to 86.8 % by filter. See them below.",
    ),
    parts=(
        Part(
            "What the sign reads in both orders",
            "These are the first two layers of a trained network, and they run in your browser. Choose a picture, or "
            "one of your own, which stays on your device. You see the sums of a filter, and three ways to make signs "
            "of them. In each one the batch norm is centered on what it reads, measured on 500 test images. Change the "
            "filter, the pool, gamma and beta; then choose *500 test images*.",
            "poolorder",
            "Filter 22 has neighbours that differ most. A 2 x 2 max pool behind its batch norm makes +1 of 86.8 %, and "
            "the sign keeps 0.56 of a bit. With 3 x 3, as in XNOR-Net, it is 98.4 % and 0.12 bits. In the other order "
            "it stays at 45 to 46 %, and the sign keeps more than 0.99 bits.\n\n**Where the skew is.** Compare the "
            "rows *Skewness* and *Mean*. A max pool makes the histogram a little lopsided, the same in both orders: a "
            "batch norm only moves and stretches it. What makes the signs uneven is the mean, which the pool has "
            "moved. The batch norm behind the pool subtracts it.\n\n**Is one order right and the other wrong?** With "
            "gamma above 0 and the same numbers in the batch norm, both are the same function, since the largest sum "
            "becomes the largest output. So the other order can have all the same signs: it needs a lower beta. Drag "
            "it and see. Training has to find that beta, and hold it while the sums change. In a network that was "
            "trained with the batch norm first, 25 of the 32 betas ended below 0, and 53 % of the signs are +1, by "
            "filter 20 to 91 %. With the pool first it is 30 %, by filter 15 to 66 %, as betas fell there too. After "
            "training, the signs of both keep about as much: 0.85 and 0.84 bits.",
        ),
        Part(
            "What each order costs",
            "With the batch norm first, the sign may move in front of the pool. Choose an order, and see what the "
            "deployed program runs up to the next binary layer.",
            "poolfold",
            "So accuracy and speed ask for opposite orders. Where gamma is above 0, the two could be swapped after the "
            "training: the same numbers, the same function. Larq Compute Engine does not do that, so the order that "
            "you train is the one that runs.",
        ),
        Part(
            "What came of it",
            "XNOR-Net's authors found a higher accuracy with the batch norm behind the max pool, and the guide "
            "Building BNNs recommends it. Below stands what came of the narrow BinaryNet in both orders.",
            "poolruns",
        ),
    ),
    design=batch_norm_first,
    design_says="The narrow BinaryNet with its batch norms in front of the pools. The advice names each of its three "
    "pools, says what each order is good for, and turns it round. Train it both ways: a few epochs tell.",
    sources=(
        Source(
            "Larq's documentation: Building BNNs, “Batch Normalization”",
            "the order of pool and batch norm, and that a max pool skews what is binarized",
        ),
        Source(
            "Rastegari, Ordonez, Redmon and Farhadi: XNOR-Net. 2016, arXiv 1603.05279, section 3.2",
            "the pool behind the layer and before the batch norm",
        ),
        Source(
            "Bannink and others: Larq Compute Engine. 2020, arXiv 2011.09398",
            "pools of bits",
        ),
        Source(
            "This program: seed 0 of first-last-narrow and of pool-order with the batch norm first, layer "
            "binary_conv_2, counted by bnn_designer.bench.lesson_pools",
            "the layers, and all shares and bits",
        ),
        Source("CIFAR-10 on this server: the first test image of five classes", "the pictures, where it is there"),
    ),
    result=RESULT,
    inside=LookInside(
        "signs",
        "*What is binarized* shows mean, skewness and share of +1 of each channel, before and after each pool and "
        "batch norm. With *Try it*, the network answers on a picture of your own, or on your camera's.",
    ),
)
