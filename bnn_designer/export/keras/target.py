"""The target ``keras``: programs of Keras 3 with and without this package, and their proof beside the model."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bnn_designer.export.arrays import latent_arrays, npz, split_arrays
from bnn_designer.export.keras.readme import readme
from bnn_designer.export.material import Material
from bnn_designer.export.programs import program_scores
from bnn_designer.export.proof import Proof, compared
from bnn_designer.export.written import Written
from bnn_designer.targets import Verdict

#: The program of Keras alone, and the one of this package's layers.
PLAIN, TRAINABLE = "network", "trainable"


def write_keras(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """Both programs, their weights, and a README.

    Raises:
        ExportError: there is no Keras model.
        PackError: numbers of a kernel are not finite.
    """
    from bnn_designer.larq.plain_program import plain_program
    from bnn_designer.larq.program import program

    graph, model = material.graph, material.model
    weights = split_arrays(graph, model)
    files = {
        f"{PLAIN}.py": plain_program(graph, f"{PLAIN}.npz").encode(),
        f"{PLAIN}.npz": npz(weights),
        f"{TRAINABLE}.py": program(material.design, weights=f"{TRAINABLE}.npz").encode(),
        f"{TRAINABLE}.npz": npz(latent_arrays(graph, model)),
        "README.md": readme(graph, weights, material.weights).encode(),
    }
    return Written(files, notes=("Keras multiplies signs as floats: the network is as large and slow as a float one.",))


def prove_keras(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Both programs run by Python, the plain one where this package is not to be had; the worse of the two."""
    from bnn_designer.measuring.checkpoint import outputs_of

    programs = ((f"{PLAIN}.py", False), (f"{TRAINABLE}.py", True))
    found, version = program_scores(sys.executable, written.files, programs, images)
    wanted = outputs_of(material.model, images)
    proofs = [compared(scores, wanted, f"Keras {version}", "the Keras model") for scores in found]
    return min(proofs, key=lambda proof: (proof.same_class, -proof.largest_difference))
