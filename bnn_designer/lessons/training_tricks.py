"""Lesson 10: what a binary weight remembers while it is trained, and recipes that do well and badly."""

from __future__ import annotations

from bnn_designer.design.presets import preset
from bnn_designer.lessons.lesson import Lesson, Part, Question, Source

#: The preset that it ends in, with which the recipes were tried.
NETWORK = "bi-real-cifar"

TRAINING_TRICKS = Lesson(
    name="training-tricks",
    title="Training tricks",
    minutes=10,
    idea="A binary weight can only flip or stay. What an optimizer remembers of past gradients decides how long they "
    "have to agree before it flips. Too little memory, and noise flips it. Too much, and it flips late or never.",
    question=Question(
        "Two copies of a binary weight are trained by gradient descent, with the same gradients. The latent weight of "
        "the first copy starts at 0.8, and the learning rate is 0.1. For the second copy both are halved: it starts "
        "at 0.4, and the rate is 0.05. No clip is ever met. Which sign flips first?",
        (
            "That of the first: its steps are longer.",
            "That of the second: it starts nearer to 0.",
            "Neither: they flip in the same step.",
            "It depends on the gradients.",
        ),
        2,
        "After any number of steps the second latent weight is exactly half of the first, so the two signs are always "
        "the same. The size of a latent weight is never seen by the network. With the learning rate, it only says how "
        "long gradients have to agree before the sign flips: it is the inertia of the sign. If that is all it does, "
        "one can train without it. The optimizer Bop does.",
    ),
    parts=(
        Part(
            "What makes a weight flip",
            "Both sides below train one binary weight with the same sixty gradients. A gradient above 0 says that the "
            "weight should be -1. The gradients are given beforehand and do not answer to the weight, so that you can "
            "compare.\n\nOn the left, a latent weight: each step moves it, and the binary weight is its sign. It is "
            "clipped to [-1, 1]. On the right, **Bop**, which has no latent weight. It keeps a moving average of the "
            "gradients, m ← (1 − γ) m + γ g, and flips the weight when the average passes a threshold, on the side "  # noqa: RUF001
            "that speaks against the weight. Change the gradients, and drag the settings of each side.",
            "flips",
            "Start at 0.8 with a rate of 0.1, then at 0.4 with 0.05, to check your answer. Then make the gradients "
            "ten times smaller. SGD does not flip the weight any more. Adam flips it in the same step as before, as "
            "it divides by the size of the gradients. Bop needs a smaller threshold.\n\nNow take noise alone at full "
            "size, γ = 1 and a threshold of 0: Bop believes each gradient, and the weight flips 33 times for "  # noqa: RUF001
            "nothing. With γ = 0.1 and a threshold of 0.3 it never flips. But try those two on the push that "  # noqa: RUF001
            "turns: the flip back comes 26 steps after the turn. With a threshold of 0.5, the weight never flips at "
            "all. What holds still against noise is slow to learn.",
        ),
        Part(
            "Recipes that work, and some that do not",
            "The same can be seen in whole networks, as the share of weights that flip in an epoch. Here are the "
            "recipes that the Train page has by name. Guess what a recipe will do before you read what was measured. "
            "The runs behind these figures are short, and most are single: they tell a network that learns badly from "
            "one that does not, and no more.",
            "recipes",
            "In these short runs Adam is ahead. The runs that come with the program are longer, ten epochs of another "
            "network, and there the two are level within noise: the link at the end has them. Bop's authors train for "
            "500 epochs.",
        ),
        Part(
            "Two stages",
            "First only the inputs are binary, while the kernels stay float. Then the kernels become binary too, and "
            "start from those weights. Each stage has the whole schedule of the learning rate for itself. The network "
            "below is so small that your browser trains it at once: 16 signs in, 16 binary units, one answer. Both "
            "ways take equally many steps.",
            "twostages",
            "Look behind the upright line: the kernels have become signs, the accuracy falls, and half of the steps "
            "are left to make up for that. On this network two stages bring nothing: with the first one at half of the "
            "epochs, they end ahead in 4 of 10 seeds, and the spread between seeds is larger than the difference.\n\n"
            "Real-to-Binary and ReActNet train in two stages on ImageNet, and give each as many epochs as the other. "
            "In our own short trial of the recipe *Two stages: binary inputs first, then kernels too* a small Bi-Real "
            "net came to 41.0 % in 3 epochs with float kernels, and then to 34.5, 40.8 and 44.4 %. Six epochs in one "
            "stage were not measured beside it. Choose the recipe on the Train page, and try both.",
        ),
        Part(
            "A teacher",
            "**Knowledge distillation**: another trained network, the teacher, shows which wrong classes are nearly "
            "right. A label says only which class is right. A **temperature** softens what both networks give, and the "
            "loss is (1 − share) × that of the label + share × temperature² × the distance to the teacher, as in the "  # noqa: RUF001
            "recipes of this program. Here are the first test image of each class, a teacher, and a binary student.",
            "distill",
            "Take the ship. At temperature 1 the teacher gives it 98 %, and so says little that the label does not "
            "say. At 4 it gives the airplane 17 % and the horse 2 %: of two wrong answers, one is better. At 20 it "
            "says nearly nothing.\n\nNow take the cat. The teacher finds the dog more likely, so label and teacher "
            "push against each other. Set the share to 0 and to 1 to see each push alone.\n\nWhether it helps is "
            "another question. On the Train page, *Teacher* takes a finished run, or first trains the full-precision "
            "twin of the network. A teacher that was trained as briefly as its student taught it nothing in our trial: "
            "40.7 % with it, 42.4 % without.",
        ),
    ),
    design=lambda: preset(NETWORK),
    design_says="The small Bi-Real net with which the recipes above were tried. Its kernels are quantized by ste_sign, "
    "so Bop can train it: approx_sign would pass no gradient on where the weights are -1 and +1. Open it, go to the "
    "Train page and choose a recipe. Take 3 epochs of 5,000 images, and look at the flips of each layer.",
    sources=(
        Source(
            "Helwegen and others: Latent Weights Do Not Exist. 2019, arXiv 1906.02107",
            "latent weights as inertia, and Bop (algorithm 1; 500 epochs in section 5.2)",
        ),
        Source(
            "Courbariaux, Hubara, Soudry, El-Yaniv and Bengio: Binarized Neural Networks. 2016, arXiv 1602.02830",
            "latent weights and their clipping",
        ),
        Source("Kingma and Ba: Adam. 2014, arXiv 1412.6980", "steps that do not depend on the gradients' size"),
        Source(
            "Martinez, Yang, Bulat and Tzimiropoulos: Training Binary Neural Networks with Real-to-Binary "
            "Convolutions. 2020, arXiv 2003.11535",
            "two stages",
        ),
        Source("Liu and others: ReActNet. 2020, arXiv 2003.03488", "two stages"),
        Source(
            "Hinton, Vinyals and Dean: Distilling the Knowledge in a Neural Network. 2015, arXiv 1503.02531",
            "knowledge distillation",
        ),
        Source("This program's documentation: docs/recipes.md", "the trials, with the commands that run them again"),
    ),
    result="bop",
)
