"""Lesson 9: flash, RAM and latency, and a network within a budget."""

from __future__ import annotations

from bnn_designer.lessons.lesson import Lesson, Part, Question, Source
from bnn_designer.lessons.small_net import Layer, network

DEVICE_COST = Lesson(
    name="device-cost",
    title="What it costs on a device",
    minutes=10,
    idea="Flash is a sum over the layers, RAM is a maximum over time, and latency is a sum over the operators. What "
    "makes one of them smaller may do nothing for the others.",
    question=Question(
        "The first layer of a small network is in full precision. Three more layers follow, with 32 channels each. "
        "These three become binary, weights and inputs. What happens to the peak memory, the most in use at once?",
        (
            "It becomes a 32nd of what it was.",
            "It becomes a fifth of what it was.",
            "It stays as it was: only the weights shrink.",
        ),
        1,
        "The tensors between the three layers do shrink to a 32nd. But the first layer still reads and writes floats, "
        "and it takes 71.0 KiB while it runs. That is now the peak; before, it was 364 KiB in the layer behind it. "
        "A peak falls only as far as the next highest one. See it below.",
    ),
    parts=(
        Part(
            "Operator by operator",
            "A device keeps the file in its flash, and the tensors of one image in its RAM. Choose what the three "
            "layers are, and move the slider through the operators, in the order in which they run. All figures are "
            "the cost model's, for Larq Compute Engine.",
            "device",
            "**Flash** is a sum. Each of the three kernels takes 36.0 KiB in floats and 1.12 KiB in bits, so each "
            "layer that becomes binary makes the file smaller.\n\n**RAM** is a maximum. A tensor stays in memory from "
            "the operator that makes it to the last one that reads it. A float convolution also unfolds its input, "
            "nine pixels for each output: that is the working memory. The binary layers do without it here, as Larq "
            "Compute Engine's indirect kernel does. A shortcut keeps floats for later, and so the peak moves to the "
            "first binary layer.\n\n**Latency** is estimated, by a model that was fitted to 13 published networks on a "
            "Pixel 1. In it each operator takes 44 µs, whatever it does, and work comes on top. In a network as small "
            "as the binary one that is 87 % of the time: its 10 operators matter more than its MACs. With shortcuts "
            "there are 15. *Extrapolated* says that this network is smaller than all that were measured, so the error "
            "may be larger than the one shown. For microcontrollers the program gives no latency, as it knows no "
            "published ones.",
        ),
        Part(
            "Fit it into 64 KiB",
            "Now a device leaves 64 KiB of flash for the file and 80 KiB of RAM for the tensors. Fit the network in "
            "with the least loss.\n\nHow much accuracy a choice loses can only be found out by training it. What it "
            "keeps can be counted: the multiply-accumulates (MACs) of the three layers, how many layers are in full "
            "precision, and how many have a shortcut. One choice beats another if it keeps at least as much of all "
            "three and more of one. The program has tried all 512 choices: 46 fit, and six of these are beaten by "
            "nothing that fits. These six are the *front*. Find them. The board is kept in this browser alone.",
            "puzzle",
            "Full precision costs flash, and RAM for the unfolded input. Filters cost flash, and a little RAM. A "
            "shortcut costs RAM; around a layer that changes the number of channels it needs a float 1 x 1 "
            "convolution as well, and that costs flash.",
        ),
        Part(
            "What only a run can tell",
            "The front says which choices are not worth training: each of them gives something away for nothing. It "
            "does not say which of the six is the most accurate, as three counts cannot be made into one. The guide "
            "Building BNNs recommends as many shortcuts as possible, so the choices with three of them may be a good "
            "guess. To know, train the six with the same recipe, more than once each, and compare the mean accuracies.",
        ),
    ),
    design=lambda: network(
        (Layer(32, shortcut=True), Layer(128), Layer(128, shortcut=True)), "small-net, within a budget"
    ),
    design_says="One of the six, with 24.9 KiB of flash left. Set the budget to 64 KiB and 80 KiB. Then move layer_2 "
    "into a shortcut as well: the file still fits, and the RAM is 4.25 KiB short.",
    sources=(
        Source(
            "Larq's documentation: Building BNNs, “High-Precision Shortcuts”",
            "shortcuts take more memory while the network runs, and use as many as you can",
        ),
        Source(
            "Bannink and others: Larq Compute Engine. 2020, arXiv 2011.09398",
            "the engine whose files and memory the cost model counts",
        ),
        Source(
            "David and others: TensorFlow Lite Micro. 2020, arXiv 2010.08678",
            "one block of RAM for all tensors, planned by when each of them is alive",
        ),
        Source("Larq Zoo: documentation of 15 October 2020", "the latencies on a Pixel 1"),
    ),
)
