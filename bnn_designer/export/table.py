"""Where a network can be exported to: a row for each target, with its writer, its rules of layers and its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.c.proof import compiler
from bnn_designer.export.c.target import prove_c, write_c
from bnn_designer.export.html.proof import find_node
from bnn_designer.export.html.target import prove_html, write_html
from bnn_designer.export.keras.target import prove_keras, write_keras
from bnn_designer.export.larq.target import find_python as find_larq
from bnn_designer.export.larq.target import prove_larq, write_larq
from bnn_designer.export.material import Material
from bnn_designer.export.onnx.target import ONNX_RUNTIME, QONNX, prove_onnx, prove_qonnx, write_onnx, write_qonnx
from bnn_designer.export.openvino.target import OPENVINO, prove_openvino, write_openvino
from bnn_designer.export.picture.target import write_picture
from bnn_designer.export.proof import Proof
from bnn_designer.export.report.target import write_report
from bnn_designer.export.tflite.peer import find_python as find_lce
from bnn_designer.export.tflite.target import prove_tflite, write_tflite
from bnn_designer.export.weights.target import prove_weights, write_weights
from bnn_designer.export.written import Written
from bnn_designer.targets import Verdict

Prove = Callable[[Material, Written, npt.NDArray[np.float32]], Proof]


@dataclass(frozen=True)
class ExportTarget:
    """A form that a network can be exported to.

    Attributes:
        name: as in ``--to``.
        title: for people, and the help of ``--to``.
        receiver: who loads it and what that needs, a sentence.
        judged_as: the target in :data:`bnn_designer.targets.TARGETS` whose rules say which layers run in bits there;
            None: none of them does.
        write: makes the files of what there is of the network; refuses what the target cannot take (ExportError).
        prove: runs the files on images ``[n, height, width, channels]`` in the receiver, beside what they are from;
            None: there is nothing that could run.
        look: looks for the receiver, and raises BnnDesignerError with how to get it where it is not here; None: what
            it needs is what this program has.
        of_weights: whether it is made of weights; else a design alone is enough.
        in_bits: what of it runs in bits, a sentence, where no rules judge each block.
        by_receiver: whether the receiver writes the files, so that there are none without it.
    """

    name: str
    title: str
    receiver: str
    judged_as: str | None
    write: Callable[[Material, Mapping[str, Verdict]], Written]
    prove: Prove | None
    look: Callable[[], object] | None = None
    of_weights: bool = True
    in_bits: str = ""
    by_receiver: bool = False


@dataclass(frozen=True)
class Exported:
    """What a target's writer made of a network.

    Attributes:
        target: where to.
        written: the files, and what is to be said of them.
        verdicts: what becomes of each block there, by the block's path; empty where the design is not known.
    """

    target: ExportTarget
    written: Written
    verdicts: dict[str, Verdict] = field(default_factory=dict)


#: Every target by its name. C and the page run the groups of the packed network, so the engine's rules are theirs.
TARGETS: dict[str, ExportTarget] = {
    target.name: target
    for target in (
        ExportTarget(
            "c",
            "a C99 program for microcontrollers",
            "Any C compiler builds it, for a Cortex-M or a PC; it needs no library.",
            "engine",
            write_c,
            prove_c,
            compiler,
        ),
        ExportTarget(
            "html",
            "one HTML file that classifies pictures",
            "Any browser opens it, without a server or the internet: to mail to a colleague or a class.",
            "engine",
            write_html,
            prove_html,
            find_node,
        ),
        ExportTarget(
            "tflite",
            "a Larq Compute Engine file",
            "LCE's interpreter loads it, on phones and single-board computers; LCE's converter writes it.",
            "lce",
            write_tflite,
            prove_tflite,
            find_lce,
            by_receiver=True,
        ),
        ExportTarget(
            "openvino",
            "a model for OpenVINO's runtime",
            "OpenVINO's CPU plugin loads it, on PCs and servers; it needs OpenVINO alone.",
            "openvino",
            write_openvino,
            prove_openvino,
            OPENVINO.find,
        ),
        ExportTarget(
            "onnx",
            "plain ONNX, for ONNX Runtime",
            "ONNX Runtime loads it, and whatever else reads ONNX's own operators.",
            None,
            write_onnx,
            prove_onnx,
            ONNX_RUNTIME.find,
            in_bits="Nothing: ONNX has no operator for products of signs, so that they run in floats.",
        ),
        ExportTarget(
            "qonnx",
            "QONNX, for tools of FPGAs",
            "qonnx, hls4ml and FINN read it; a bitstream needs Vivado as well.",
            "finn",
            write_qonnx,
            prove_qonnx,
            QONNX.find,
        ),
        ExportTarget(
            "keras",
            "programs of Keras 3, with its own layers and with this package's",
            "Python with Keras 3 runs the one, this package the other: to read, to change and to train on.",
            None,
            write_keras,
            prove_keras,
            in_bits="Nothing: Keras multiplies signs as floats.",
        ),
        ExportTarget(
            "larq",
            "a program of Larq, and the .h5 that Larq saves of it",
            "Larq 0.14 on TensorFlow 2.15 runs it; ST Edge AI Core takes the .h5, for STM32.",
            "st",
            write_larq,
            prove_larq,
            find_larq,
        ),
        ExportTarget(
            "weights",
            "quantized kernels and all other weights, as arrays",
            "NumPy loads them, or Keras with this package: for a program of your own.",
            None,
            write_weights,
            prove_weights,
            in_bits="That is for the program that reads them: kernels are -1 and +1 in arrays of floats.",
        ),
        ExportTarget(
            "picture",
            "the network as a picture, SVG and PNG",
            "Browsers and office programs show it: for a paper or slides.",
            None,
            write_picture,
            None,
            of_weights=False,
        ),
        ExportTarget(
            "report",
            "a page of its figures, memory, advice and curves",
            "Any browser opens it and prints it; it needs nothing else.",
            None,
            write_report,
            None,
            of_weights=False,
        ),
    )
}


def target_named(name: str) -> ExportTarget:
    """The target of a name.

    Raises:
        BnnDesignerError: there is none.
    """
    if name not in TARGETS:
        raise BnnDesignerError(f"{name}: there is no target of this name. Choose one of: {', '.join(TARGETS)}.")
    return TARGETS[name]


def lacking(target: ExportTarget) -> str:
    """Why a target's files cannot be run here, and how that is mended; "" where they can, or nothing would run them."""
    if target.look is None:
        return ""
    try:
        target.look()
    except BnnDesignerError as error:
        return str(error)
    return ""


def export_to(target: ExportTarget, material: Material) -> Exported:
    """A network's files at a target, and what becomes of each block there.

    Args:
        target: where to.
        material: what there is of the network.

    Raises:
        ExportError: the target cannot take the network, or needs more of it than there is.
        PackError: the target takes packed networks, and this one cannot be packed.
    """
    judged = {} if target.judged_as is None else material.verdicts(target.judged_as)
    return Exported(target, target.write(material, judged), judged)


def proof_of(exported: Exported, material: Material, images: npt.NDArray[np.float32]) -> Proof:
    """Runs what was exported on images, beside what it was exported from.

    Raises:
        BnnDesignerError: nothing could run it, the receiver is not installed, or it fails.
    """
    return prover_of(exported.target)(material, exported.written, images)


def prover_of(target: ExportTarget) -> Prove:
    """What runs that which is written for a target.

    Raises:
        BnnDesignerError: it is there to be looked at.
    """
    if target.prove is None:
        name = target.name
        raise BnnDesignerError(f"{name}: nothing of this target is run, so there is nothing to check. Leave that out.")
    return target.prove
