"""A trained network in the form that another tool takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnn_designer.design import Design
from bnn_designer.files import write_folder
from bnn_designer.quiet import import_tensorflow_quietly

if TYPE_CHECKING:
    from bnn_designer.export import Exported


def export(
    network: Design, model: Any, to: str, output: str | Path, *, weights: str = "Python", overwrite: bool = False
) -> Exported:
    """Writes a network for another tool or a microcontroller, and says what of it runs in bits there.

    Args:
        network: which one.
        model: what :func:`bnn_designer.build_model` made of it, trained or not.
        to: the target, such as "c": a name of ``bnn_designer.export.TARGETS``.
        output: the folder to write; whole or not at all.
        weights: where the weights are from, for the texts in the folder; "" for a network that was not trained.
        overwrite: replace an earlier export in that folder.

    Returns:
        The files, what they take of the receiver's memory in bytes, and a verdict for each block by its path.

    Raises:
        ExportError: the target cannot take the network.
        PackError: the target takes packed networks, and this one cannot be packed.
        BnnDesignerError: there is no such target, or the folder cannot be written.
    """
    from bnn_designer.export import Material, export_to, target_named

    target = target_named(to)
    import_tensorflow_quietly()
    exported = export_to(target, Material.of_model(network, model, weights))
    write_folder(Path(output), exported.written.files, overwrite=overwrite)
    return exported
