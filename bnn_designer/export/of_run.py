"""What there is of a run to export: its last checkpoint, and its curves."""

from __future__ import annotations

from dataclasses import fields

from bnn_designer.export.curves import Curves
from bnn_designer.export.material import Material
from bnn_designer.measuring.checkpoint import of_run
from bnn_designer.runs.curves import epochs_of
from bnn_designer.runs.store import Store


def material_of_run(store: Store, run_id: str) -> Material:
    """The network of a run's last epoch.

    Raises:
        BnnDesignerError: there is no such run, or it has no checkpoint that can be read.
    """
    trained = of_run(store, run_id)
    images = trained.packing_images()
    return Material.of_model(trained.design, trained.model, trained.weights, images, curves=curves_of(store, run_id))


def curves_of(store: Store, run_id: str) -> Curves:
    """Of a run's epochs, in order."""
    ends = epochs_of(store, [run_id])[run_id]
    return Curves(*(tuple(getattr(end, field.name) for end in ends) for field in fields(Curves)))
