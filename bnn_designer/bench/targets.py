"""What rows are held to. Of ratios: the least value of us against the least value of the peer, in one run."""

from __future__ import annotations

from bnn_designer.bench.rows import Target

#: XNOR GEMM core, one thread, against the FMA peak of the core and against bnn-lab's kernel.
GEMM_PEAK = Target(6)
GEMM_BNN_LAB = Target(1.5)

#: Binary convolution from float input against TensorFlow's float one: no row below, and the geometric mean.
CONV_ROW = Target(4)
CONV_MEAN = Target(6)

#: Packed in, packed out, one image: against TensorFlow's float convolution and XNNPACK's int8 one.
PACKED_FLOAT = Target(8)
PACKED_INT8 = Target(6)

#: A training step against the same model with ``engine="float"``, by (preset, way); in the default recipe, where it is
#: never to be slower; and its peak memory.
STEP = {
    ("binarynet", "float gradients"): Target(2.2),
    ("binarynet", "int16 gradients"): Target(3.2),
    ("binarynet", "int8 gradients"): Target(4),
    ("bi-real-cifar", "float gradients"): Target(2),
}
DEFAULT_STEP = Target(1)
STEP_MEMORY = Target(0.6, "at most")

#: A whole network, one image, one thread, against LCE's fastest mode; and two threads of ours against one.
MODEL_LCE = Target(2)
MODEL_TWO_THREADS = Target(1.7)

#: What has no peer, of the least time: after an edit on a page, and at a start of the command line.
COST_OF_A_DESIGN = Target(10, "at most ms")
COST_IMPORT = Target(1000, "at most ms")
WHAT_IF = Target(500, "at most ms")

#: The pages in a browser on two processors, medians: an edit by the blocks of its design; the first page, and later
#: ones; and the 95th percentile of edits where 30 people edit at once, and of answers to a class of 30, five training.
EDIT_SHOWN = {60: Target(250, "median at most ms"), 150: Target(400, "median at most ms")}
FIRST_PAGE = Target(3000, "median at most ms")
LATER_PAGE = Target(1500, "median at most ms")
CLIENTS_P95 = Target(1000, "median at most ms")
CLASS_P95 = Target(1000, "median at most ms")

#: Chains of convolutions and whole networks, one thread, against OpenVINO: by the instruction set of our kernels, which
#: OpenVINO is held to as well, and by what it multiplies. ``avx512`` has VPOPCNTDQ.
_WITHOUT_VPOPCNTDQ = {"binary": Target(2.5), "int8": Target(2)}
OPENVINO = {
    "avx512": {"binary": Target(4), "int8": Target(3)},
    "avx512vnni": _WITHOUT_VPOPCNTDQ,
    "avx512bw": _WITHOUT_VPOPCNTDQ,
}


def openvino_target(isa: str, way: str, threads: int) -> Target | None:
    """What a row against OpenVINO is held to; None: it is for information."""
    return OPENVINO.get(isa, {}).get(way) if threads == 1 else None


#: Of geometric means, by the group of their rows.
GROUP_TARGETS = {
    "conv, weights float": CONV_MEAN,
    "conv, weights kept": CONV_MEAN,
    "conv, weights packed": CONV_MEAN,
    "packed op, against float": PACKED_FLOAT,
    "packed op, against int8": PACKED_INT8,
    "packed kernel, against float": PACKED_FLOAT,
    "packed kernel, against int8": PACKED_INT8,
}
