"""Data sets: where each is, how it gets there and is read, and whether a design fits it; without TensorFlow."""

from bnn_designer.training.data.find import DataStatus, describe_data, load
from bnn_designer.training.data.fits import check_fits, fitting_edit, misfit
from bnn_designer.training.data.images import DataError, Facts, Images

__all__ = [
    "DataError",
    "DataStatus",
    "Facts",
    "Images",
    "check_fits",
    "describe_data",
    "fitting_edit",
    "load",
    "misfit",
]
