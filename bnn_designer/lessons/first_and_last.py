"""Lesson 4: the precision of the first and the last layer."""

from __future__ import annotations

from bnn_designer.lessons.ends import RESULT, network
from bnn_designer.lessons.lesson import Lesson, Part, Question, Source

FIRST_AND_LAST = Lesson(
    name="first-and-last",
    title="First and last layer",
    minutes=8,
    idea="The first layer reads the image and the last one gives the scores of the classes. They hold few of the "
    "weights, so making them binary saves little, and it costs much accuracy.",
    question=Question(
        "A network for CIFAR-10 is binary but for its first and last layers. Its best published accuracy is 83.9 %. "
        "Then these two layers become binary as well, weights and inputs. What is left?",
        ("About 83 %", "About 76 %", "About 66 %", "10 %: it guesses"),
        2,
        "66.5 % is published. Two layers of many cost 17.4 points. Make only their weights binary, and let them read "
        "full-precision inputs: then 81.9 % is left. So most of the loss comes from the inputs. The curves are below.",
    ),
    parts=(
        Part(
            "What was published, and what was trained here",
            "On the left are the curves of the guide Building BNNs: one network, trained three times for 100 epochs. "
            "The guide does not name the network. On the right is the same experiment with this program: BinaryNet "
            "with a quarter of its filters, ten epochs, the mean over its runs. Move the slider to compare the two "
            "after the same number of epochs.\n\nThe curves with squares are your own runs of that network, or your "
            "class's. Three of you can train one each.",
            "ends",
            "The two networks differ, so look at the gaps and not at the heights. Binary weights alone cost a point "
            "or two. Binary inputs cost far more, and 100 epochs do not bring it back. The Runs page has the runs of "
            "this program, with the command that trains them again.\n\nYour own runs are shorter, and on fewer images, "
            "unless you chose otherwise. So compare them with each other, and not with the curves beside them.",
        ),
        Part(
            "What each precision costs",
            "Choose a precision for each of the two layers. The dot shows where the network then stands: smaller is to "
            "the left, better is up. Pairs that nobody has trained here have a size but no accuracy, and the plane "
            "shows them as a line. Squares are your own runs, or your class's. All sizes come from the cost model.",
            "plane",
            "The two layers have 3,424 of the 649,568 weights, half a percent, and 780,160 of the 32.7 million "
            "multiply-accumulates (MACs), so there was never much to save.\n\nNow look at the file with binary weights "
            "and full-precision inputs: it does not shrink at all. XNOR needs two binary operands, so Larq Compute "
            "Engine runs such a layer as a float layer and stores its weights as floats, although each of them is +1 "
            "or -1. Counted in the bits that the weights need, they are smaller. **Two honest sizes, two answers: ask "
            "which one is meant.**",
        ),
        Part(
            "Why these two layers",
            "The sign of a pixel keeps one bit of each color. Three bits make eight colors in place of the 16.7 "
            "million that three bytes have. And each sum of the first layer has only 27 products (3 x 3 pixels, 3 "
            "colors), against 288 in the next layer of the network above: there is little to average over. Behind the "
            "last layer there is nothing that could make up for what it loses: its outputs are the scores.\n\n"
            "So the usual choice is full precision at both ends, inputs included. Where an engine does store "
            "such weights as bits, binary weights with full-precision inputs are the step to try first.",
        ),
    ),
    design=lambda: network("float", "binary"),
    design_says="The narrow BinaryNet with a full-precision first layer and a binary last one: a pair that has no run "
    "above. Which of the two layers costs the accuracy? Guess, then train it for ten epochs, and compare with the "
    "curves on the right.",
    sources=(
        Source(
            "Larq's documentation: Building BNNs, “First & Last Layer”",
            "the published curves, and full precision for these two layers",
        ),
        Source(
            "Rastegari, Ordonez, Redmon and Farhadi: XNOR-Net. 2016, arXiv 1603.05279",
            "a first and a last layer that are not binary",
        ),
        Source(
            "Courbariaux, Hubara, Soudry, El-Yaniv and Bengio: Binarized Neural Networks. 2016, arXiv 1602.02830",
            "BinaryNet, whose first layer reads the image as it is",
        ),
        Source(
            "Bannink and others: Larq Compute Engine. 2020, arXiv 2011.09398",
            "the engine whose files the cost model counts",
        ),
    ),
    result=RESULT,
)
