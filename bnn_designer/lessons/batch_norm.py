"""Lesson 5: batch norm, its threshold, and where it goes."""

from __future__ import annotations

from bnn_designer.lessons.folding import RESULT, without_batch_norm
from bnn_designer.lessons.lesson import Lesson, LookInside, Part, Question, Source

BATCH_NORM = Lesson(
    name="batch-norm",
    title="Batch norm, and where it goes",
    minutes=10,
    idea="A binary layer gives whole numbers, and batch norm decides which of them become +1. In training it brings "
    "the sums to where the sign has a slope. In use it is often no more than one comparison.",
    question=Question(
        "Behind a binary layer come a batch norm and the sign of the next layer. The network is trained and goes to a "
        "device. What does the device have to do for each output of the layer?",
        (
            "Subtract, divide, multiply, add, and take the sign.",
            "Multiply, add, and take the sign.",
            "Compare the sum with one whole number.",
        ),
        2,
        "Of all that the batch norm computes, only the sign is read. It changes at one place, and the sums are whole "
        "numbers. So one whole number for each filter says where: the threshold. It can be worked out once, before "
        "the network is deployed. Move it yourself, below.",
    ),
    parts=(
        Part(
            "A threshold that gamma and beta move",
            "These are the sums of one filter in a trained network: 500 test images of CIFAR-10, at 225 places each. "
            "The layer has 288 products, so its sums are even. Drag gamma and beta, or use the arrow keys, and see "
            "which sums become +1. *As trained* brings back what the network had learned; its batch norm has no "
            "gamma, so that is 1.",
            "batchnorm",
            "Beta moves the threshold. The smaller gamma is, the farther the same beta moves it; below 0, gamma turns "
            "the comparison round. At 0 the filter is dead: it gives one sign, whatever it sees. With a threshold "
            "beyond 288 it would be dead as well.\n\nNow switch the batch norm off. Some filters then give +1 for "
            "most of their sums and others for few, since nothing centers them. And look at the gradient: `ste_sign` "
            "lets one through only where what it reads lies between -1 and 1. Of even sums only 0 does. Over all 64 "
            "filters of this layer, which was trained with batch norm, that is 2.6 % of the sums; of what the batch "
            "norms make of them it is 66 %. If the sign read these sums as they are, hardly any gradient would get "
            "through.",
        ),
        Part(
            "Where it becomes a threshold, and where it cannot",
            "What may be thrown away depends on who reads it. Choose what stands around the layer, and see what the "
            "deployed program does up to the next binary layer. It is the program of the cost model, which was held "
            "to files of Larq Compute Engine.",
            "fold",
            "A threshold is one number a filter, and the layer writes bits, which take a 32nd of the room of floats. "
            "With a shortcut this is not possible, and that is the price of a shortcut in memory. It does not speak "
            "against shortcuts: what they carry is what a sign would have thrown away.\n\nFor accuracy the guide puts "
            "the pool before the batch norm; for speed, Larq Compute Engine wants it behind. Where gamma is above 0, "
            "the two orders give the same signs.",
        ),
        Part(
            "Without batch norm",
            "The guide calls batch norm crucial: all binarized networks that work well have one behind each binary "
            "layer. Below stands what came of the narrow BinaryNet, the network of the lesson on the first and the "
            "last layer, with it and without.",
            "verdict",
        ),
    ),
    design=without_batch_norm,
    design_says="The narrow BinaryNet with all of its batch norms taken out. The advice names each place where one is "
    "missing, and mends it. Train the network as it is and mended: a few epochs tell.",
    sources=(
        Source(
            "Larq's documentation: Building BNNs, “Batch Normalization”",
            "a batch norm behind each binary layer, and its order with a pool",
        ),
        Source(
            "Umuroglu and others: FINN. 2016, arXiv 1612.07119, section 4.2.2",
            "batch norm and sign as one threshold",
        ),
        Source(
            "Courbariaux, Hubara, Soudry, El-Yaniv and Bengio: Binarized Neural Networks. 2016, arXiv 1602.02830",
            "the gradient of the sign, which ends at 1",
        ),
        Source(
            "Bannink and others: Larq Compute Engine. 2020, arXiv 2011.09398",
            "which layers write bits",
        ),
        Source(
            "This program: seed 0 of the result first-last-narrow, layer binary_conv_3, counted by "
            "bnn_designer.bench.lesson_sums",
            "the sums",
        ),
    ),
    result=RESULT,
    inside=LookInside(
        "sums",
        "*Sums and thresholds* shows for each filter what you have moved here: its sums, and where its sign turns.",
    ),
)
