"""Where a network can be exported to: a row for each target, with its writer, its rules of layers and its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.c.target import prove_c, write_c
from bnn_designer.export.html.target import prove_html, write_html
from bnn_designer.export.keras.target import prove_keras, write_keras
from bnn_designer.export.larq.target import prove_larq, write_larq
from bnn_designer.export.material import Material
from bnn_designer.export.onnx.target import prove_onnx, prove_qonnx, write_onnx, write_qonnx
from bnn_designer.export.openvino.target import prove_openvino, write_openvino
from bnn_designer.export.picture.target import write_picture
from bnn_designer.export.proof import Proof
from bnn_designer.export.report.target import write_report
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
        judged_as: the target in :data:`bnn_designer.targets.TARGETS` whose rules say which layers run in bits there;
            None: none of them does.
        write: makes the files of what there is of the network; refuses what the target cannot take (ExportError).
        prove: runs the files on images ``[n, height, width, channels]`` in the receiver, beside what they are from;
            None: there is nothing that could run.
    """

    name: str
    title: str
    judged_as: str | None
    write: Callable[[Material, Mapping[str, Verdict]], Written]
    prove: Prove | None


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
        ExportTarget("c", "a C99 program for microcontrollers", "engine", write_c, prove_c),
        ExportTarget("onnx", "plain ONNX, for ONNX Runtime", None, write_onnx, prove_onnx),
        ExportTarget("qonnx", "QONNX, for tools of FPGAs", "finn", write_qonnx, prove_qonnx),
        ExportTarget("openvino", "a model for OpenVINO's runtime", "openvino", write_openvino, prove_openvino),
        ExportTarget("html", "one HTML file that classifies pictures", "engine", write_html, prove_html),
        ExportTarget("tflite", "a Larq Compute Engine file", "lce", write_tflite, prove_tflite),
        ExportTarget(
            "keras", "programs of Keras 3, with its own layers and with this package's", None, write_keras, prove_keras
        ),
        ExportTarget(
            "weights", "quantized kernels and all other weights, as arrays", None, write_weights, prove_weights
        ),
        ExportTarget("larq", "a program of Larq, and the .h5 that Larq saves of it", "st", write_larq, prove_larq),
        ExportTarget("picture", "the network as a picture, SVG and PNG", None, write_picture, None),
        ExportTarget("report", "a page of its figures, memory, advice and curves", None, write_report, None),
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
