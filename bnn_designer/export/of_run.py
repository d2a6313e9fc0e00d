"""What there is of a run to export: its last checkpoint, and its curves."""

from __future__ import annotations

from dataclasses import fields
from functools import partial

from bnn_designer.export.curves import Curves
from bnn_designer.export.material import Material
from bnn_designer.measuring.checkpoint import of_run
from bnn_designer.runs.curves import epochs_of
from bnn_designer.runs.store import Store
from bnn_designer.training.data import DataError, load


def material_of_run(store: Store, run_id: str) -> Material:
    """The network of a run's last epoch.

    Raises:
        BnnDesignerError: there is no such run, or it has no checkpoint that can be read.
    """
    trained = of_run(store, run_id)
    images, names = trained.packing_images(), partial(class_names, trained.data)
    return Material.of_model(trained.design, trained.model, trained.weights, images, names, curves_of(store, run_id))


def curves_of(store: Store, run_id: str) -> Curves:
    """Of a run's epochs, in order."""
    ends = epochs_of(store, [run_id])[run_id]
    return Curves(*(tuple(getattr(end, field.name) for end in ends) for field in fields(Curves)))


def class_names(trained_with: str) -> tuple[str, ...]:
    """The names of the classes of a data set, in the order of the labels; none where it is not on this machine.

    Args:
        trained_with: as a recipe names it; "": it is not known, so that there are none.
    """
    try:
        return load(trained_with).class_names if trained_with else ()
    except DataError:
        return ()
