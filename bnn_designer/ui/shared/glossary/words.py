"""The words of the field, two lines each: what one means, and why it matters here."""

from __future__ import annotations

from bnn_designer.ui.shared.glossary.word import Word

_BINARYNET = "Courbariaux et al., arXiv 1602.02830"
_XNOR_NET = "Rastegari et al., arXiv 1603.05279"
_BI_REAL = "Liu et al., arXiv 1808.00278"
_LCE = "Bannink et al., arXiv 2011.09398"
_LARQ = "larq.models.ModelProfile, Larq 0.14"
_CONCEPTS = "Larq's key concepts"
_TFLITE = "TensorFlow Lite, memory planner"

#: In the order of the alphabet, without upper and lower case.
WORDS: tuple[Word, ...] = (
    Word(
        "arena",
        "The one piece of memory in which TensorFlow Lite keeps every tensor that is alive while an image is run.",
        "It must fit in the device's RAM. Gaps that its planner leaves are part of it, so it is at least the peak.",
        source=_TFLITE,
    ),
    Word(
        "BAN",
        "Binary-activation network or layer: the inputs are one bit, the weights are not.",
        "No XNOR kernel computes such a mix: it saves memory for activations, and no time.",
        ("BANs",),
        _CONCEPTS,
    ),
    Word(
        "binary MACs",
        "Multiply-accumulates of which both operands are one bit: an XNOR and a count of ones.",
        "A word of the processor does 32 to 512 of them at once, so they are counted apart from float ones.",
        ("binary MAC",),
        _LARQ,
    ),
    Word(
        "BN",
        "Batch normalization: each channel is shifted and scaled to the mean and variance of the data.",
        "Binary layers need one, as their sums grow with the kernel. Deployed, it becomes a threshold or a factor.",
        ("batch norm", "batch normalization", "batch norms"),
        "Ioffe and Szegedy, arXiv 1502.03167",
    ),
    Word(
        "BNN",
        "Binarized neural network: most weights and activations are +1 or -1, one bit each.",
        "Weights take 1/32 of float ones, and products become XNOR and popcount.",
        ("BNNs", "binarized neural network"),
        _BINARYNET,
    ),
    Word(
        "Bop",
        "An optimizer for binary weights that flips a weight when the gradient has pushed the other way long enough.",
        "It needs no latent weights, so training takes less memory.",
        source="Helwegen et al., arXiv 1906.02107",
    ),
    Word(
        "budget",
        "The flash, RAM and latency that a device allows, or that you typed.",
        "Bars below the totals show how much of it is used; a full one names the layers to blame.",
    ),
    Word(
        "BWN",
        "Binary-weight network or layer: the weights are one bit, the inputs are not.",
        "It is computed in float: the deployed file holds its weights in 32 bits, and no time is saved.",
        ("BWNs",),
        f"{_XNOR_NET}; {_CONCEPTS}",
    ),
    Word(
        "CIFAR-10",
        "60,000 color images of 32 x 32 pixels in 10 classes; what this program trains on by default.",
        "Small enough for a few epochs on a laptop. Networks made for ImageNet need another stem for it.",
        ("CIFAR",),
        "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    ),
    Word(
        "dense block",
        "Layers of which each adds channels to all that came before (DenseNet), instead of replacing them.",
        "Nothing that a sign throws away is lost to later layers; the memory grows with each of them.",
        ("dense blocks",),
        "Bethge et al., arXiv 1906.08637",
    ),
    Word(
        "deployed",
        "Counted on the program that Larq Compute Engine and TensorFlow Lite make of a design.",
        "Fused layers and unpacked weights show here. Published figures mostly follow Larq's convention instead.",
        ("deployment",),
        _LCE,
    ),
    Word(
        "Fashion-MNIST",
        "70,000 gray images of 28 x 28 pixels in 10 kinds of clothes; as large as MNIST, and harder.",
        "A change that hardly shows on digits can show here, for the same time and memory.",
        (),
        "Xiao et al., arXiv 1708.07747",
    ),
    Word(
        "file",
        "The .tflite file of the deployed program: its constants and the description of its operators.",
        "It must fit in the device's flash.",
        (".tflite",),
        _LCE,
    ),
    Word(
        "flash",
        "The memory of a device that keeps its content without power; program and network are stored there.",
        "The file's size counts against it.",
    ),
    Word(
        "head",
        "The last blocks: what makes the classes' probabilities of the last features.",
        "It stays in high precision: binary last layers cost much accuracy and save little.",
        source='Larq\'s guide "Building BNNs"',
    ),
    Word(
        "im2col",
        "A copy of a convolution's input in which every window is unfolded, so that one matrix product computes it.",
        "It can be the largest tensor of a network. LCE's indirect kernel does without.",
        source=_LCE,
    ),
    Word(
        "ImageNet",
        "1.3 million images in 1,000 classes, mostly cropped to 224 x 224 pixels; most networks are published for it.",
        "Their first layers make the image 4 times smaller, which leaves little of one of 32 x 32.",
        source="Russakovsky et al., arXiv 1409.0575",
    ),
    Word(
        "KiB, MiB",
        "1,024 bytes, and 1,024 times that.",
        "Published sizes are often in MB, a million bytes or 1,024 x 1,024, as their authors chose.",
        ("KiB", "MiB", "GiB", "MB"),
        "IEC 80000-13",
    ),
    Word(
        "larq",
        "The convention of Larq's model summary: every weight at its own width, MACs by the wider operand.",
        "Choose it to compare with published figures; choose deployed to know what runs.",
        source=_LARQ,
    ),
    Word(
        "latency",
        "The time from an image to its classes, on one thread.",
        "Estimated from published or measured networks, always with the error on networks that were held out.",
    ),
    Word(
        "latent weights",
        "The float numbers behind binary weights while training: their signs are used, small steps add up in them.",
        "They take 32 bits each while training, and are thrown away afterwards.",
        ("latent weight",),
        "Helwegen et al., arXiv 1906.02107",
    ),
    Word(
        "LCE",
        "Larq Compute Engine: the inference engine for binarized networks whose rules the deployed figures follow.",
        "It adds binary convolutions to TensorFlow Lite, for ARM above all.",
        ("Larq Compute Engine",),
        _LCE,
    ),
    Word(
        "MAC",
        "Multiply-accumulate: one product of a weight and an input, added to a sum.",
        "The usual measure of a layer's work: kernel elements times output pixels.",
        ("MACs", "multiply-accumulate", "multiply-accumulates"),
        _LARQ,
    ),
    Word(
        "MNIST",
        "70,000 gray images of 28 x 28 pixels of the digits 0 to 9.",
        "Nearly every network learns it, so it tells little of which one is better.",
        (),
        "LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998",
    ),
    Word(
        "OPs",
        "Binary MACs / 64 + other MACs: one figure for work of both kinds.",
        "It takes a 64-bit word of XNORs to cost as much as one float product. Real processors differ: see latency.",
        ("OP", "operations"),
        _BI_REAL,
    ),
    Word(
        "pad values",
        'What surrounds the image in a convolution with "same" padding.',
        "Ones keep everything in one bit; zeros are no sign, need a correction at the edges, and stop packed output.",
        ("padding",),
        "LCE's guide to model optimization",
    ),
    Word(
        "parameters",
        "The trained numbers of a network: kernels, biases, batch norms' offsets and factors.",
        "A binary one takes one bit, a float one 32.",
        ("parameter", "params", "weights"),
        _LARQ,
    ),
    Word(
        "peak",
        "The largest sum of tensors alive at one time while an image is run.",
        "No memory planner can do with less; the arena adds its gaps. A shortcut keeps a float tensor alive.",
        ("runtime peak", "peak memory"),
    ),
    Word(
        "Pixel 1",
        "A phone of 2016 with Qualcomm's Snapdragon 821.",
        "The device that Larq Zoo published the latencies of binary networks for.",
        source="Larq Zoo",
    ),
    Word(
        "popcount",
        "How many bits of a word are 1; processors have an instruction for it.",
        "With XNOR it computes the product of two sign vectors: K - 2 popcount(a xor w) for K products.",
        source=_XNOR_NET,
    ),
    Word(
        "PReLU, RPReLU",
        "ReLU with a trained slope for negative values; RPReLU also shifts its input and output.",
        "ReActNet puts one behind each binary layer, at some cost: they are not fused into a binary convolution.",
        ("PReLU", "RPReLU"),
        "He et al., arXiv 1502.01852; Liu et al., arXiv 2003.03488",
    ),
    Word(
        "quantizer",
        "The function that makes few bits of a float number: sign for one bit, steps for more.",
        "Its true gradient is zero nearly everywhere, so each comes with a stand-in for training (STE).",
        ("quantizers",),
        _CONCEPTS,
    ),
    Word(
        "RAM",
        "The working memory of a device, in which tensors live while an image is run.",
        "The arena counts against it: often what decides whether a microcontroller can run a network.",
    ),
    Word(
        "ReLU",
        "max(x, 0): the most common activation function.",
        "In front of a sign it is an error: no output is negative, so each sign is +1.",
        source="LCE's guide to model optimization",
    ),
    Word(
        "SGD",
        "Stochastic gradient descent: each step moves the weights against the gradient of a few examples.",
        "Its steps are as long as the gradients are large; those of Adam are not.",
        ("stochastic gradient descent",),
    ),
    Word(
        "shortcut",
        "A way around a layer, on which its input is added to its output, or put beside it.",
        "It carries what a sign throws away and gains much accuracy; it keeps a float tensor in memory.",
        ("shortcuts", "skip connection"),
        _BI_REAL,
    ),
    Word(
        "sign",
        "+1 for what is not negative, -1 for what is: the quantizer to one bit.",
        "Bits stand for it: here and in LCE, 0 is +1 and 1 is -1.",
        ("signs",),
        _LCE,
    ),
    Word(
        "STE",
        "Straight-through estimator: the backward pass treats a quantizer as the identity, up to a clip value.",
        "Without it a network of signs could not be trained, as a sign's gradient is zero.",
        ("straight-through estimator", "ste_sign"),
        "Bengio et al., arXiv 1308.3432",
    ),
    Word(
        "stem",
        "The first blocks: what makes features of the image.",
        "It stays in high precision. For ImageNet it makes the image smaller; for small images it should not.",
        source='Larq\'s guide "Building BNNs"',
    ),
    Word(
        "threshold",
        "A batch norm and a sign behind a binary layer become one comparison of its sum with a number per channel.",
        "The layer then writes bits, not floats: if only signs read it, and its padding allows.",
        ("thresholds",),
        "Umuroglu et al. (FINN), arXiv 1612.07119",
    ),
    Word(
        "top-1",
        "The share of test images of which the most likely class is the right one.",
        "Published figures of one data set compare; of two they do not.",
        ("top-1 accuracy",),
    ),
    Word(
        "XNOR",
        "1 where two bits are equal: the product of two signs.",
        "One instruction multiplies as many signs as a register has bits; popcount adds them up.",
        source=_XNOR_NET,
    ),
    Word(
        "XOR",
        "1 where two bits differ: XNOR the other way round.",
        "Of n pairs of signs of which XOR finds d that differ, the products add up to n - 2 d.",
    ),
)
