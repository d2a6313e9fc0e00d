"""Lesson 6: what a sign throws away, and the shortcuts that keep it."""

from __future__ import annotations

from bnn_designer.lessons.lesson import Lesson, LookInside, Part, Question, Source
from bnn_designer.lessons.shortcut_ways import RESULT, network

SHORTCUTS = Lesson(
    name="shortcuts",
    title="Shortcuts",
    minutes=8,
    idea="A binary layer gives whole numbers, and the next layer reads only their signs. A shortcut carries the "
    "numbers past it. That costs memory while the network runs.",
    question=Question(
        "The sums of one filter in a trained network were counted. About 100 different ones occur, and if you could "
        "see a sum, you would learn 5.69 bits. The next layer sees only its sign. How many bits does it learn?",
        ("Exactly 1 bit", "1 bit at most", "5.69 bits: batch norm keeps the rest"),
        1,
        "A sign has two values, so it tells 1 bit at most, and only if both occur equally often. This filter turns "
        "79.5 % of its sums into +1, so its sign tells 0.73 bits. Move the threshold below.",
    ),
    parts=(
        Part(
            "What one sign throws away",
            "These are the sums of three filters of a trained layer, as in the lesson on batch norm. *Information* is "
            "their entropy: about how many yes-or-no questions it takes, on average, to find out which sum it is. The "
            "sign answers one question: is the sum at least the threshold? Drag the threshold and see how much that "
            "answer is worth.",
            "onesign",
            "Where half of the sums become +1, the sign keeps 1 bit. Far from there it keeps hardly anything. But "
            "even the best threshold throws more than 4 bits of each sum away.\n\nThis counts one sum by itself. "
            "A layer has many filters, and what they tell may overlap. Nor does it say how much of what is lost would "
            "have helped to tell a cat from a dog.",
        ),
        Part(
            "What a shortcut costs",
            "A shortcut adds the numbers that a layer reads to those that it gives, so they need not pass through a "
            "sign. This network has twelve binary layers. Put shortcuts around none of them, around every two, or "
            "around each one, and move through its operators. *Best accuracy* is of its runs, where they come with the "
            "program.",
            "carried",
            "**Memory.** Without shortcuts all that passes between the layers is bits: 20.0 KiB and less from the "
            "first binary layer up to the last but one, with the image. With them, floats are kept all the way, and "
            "the peak rises from 248 to 272 KiB. It is the same around every two layers and around each one, as only "
            "one shortcut is open at a time.\n\n**File.** 45.3 and 49.4 KiB are added. Most of it is for two float 1 x "
            "1 convolutions, where the channels double: the next lesson is about these.\n\n**Time.** The binary "
            "MACs are the same in all three. But each shortcut adds a sum, and a pass that packs signs: there are 17, "
            "32 and 44 operators, and each of them takes time of its own.",
        ),
        Part(
            "What a shortcut brings",
            "The guide Building BNNs recommends as many shortcuts as you can use: around each layer, and not around "
            "every two. In a float network they help gradients; in a binary one they carry what signs cannot. Here is "
            "what came of the network above in its three forms, or, where its runs are still missing, the command "
            "that trains them.",
            "shortcutruns",
        ),
    ),
    design=lambda: network("one"),
    design_says="The network with a shortcut around each of its twelve layers. The view Memory over time shows what "
    "each shortcut keeps, and for how long. Take one away and look again.",
    sources=(
        Source(
            "Larq's documentation: Building BNNs, “High-Precision Shortcuts”",
            "what shortcuts are for, what they cost, and that there should be many",
        ),
        Source("Liu and others: Bi-Real Net. 2018, arXiv 1808.00278", "a shortcut around each binary layer"),
        Source("Shannon: A Mathematical Theory of Communication. 1948, section 6", "entropy"),
        Source(
            "This program: seed 0 of the result first-last-narrow, layer binary_conv_3, counted by "
            "bnn_designer.bench.lesson_sums",
            "the sums",
        ),
    ),
    result=RESULT,
    inside=LookInside(
        "signs",
        "*What is binarized* shows how evenly each channel's signs fall on +1 and -1, and so how much they can tell.",
    ),
)
