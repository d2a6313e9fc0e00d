"""Data sets: where each is, how it gets there and is read, and whether a design fits it; without TensorFlow."""

from bnn_designer.training.data.find import DataStatus, data_name, describe_data, load
from bnn_designer.training.data.fits import check_fits, fitting_edit, misfit
from bnn_designer.training.data.images import DataError, Facts, Images, Loading
from bnn_designer.training.data.own import own_sets
from bnn_designer.training.data.sets import DEFAULT, SETS

__all__ = [
    "DEFAULT",
    "SETS",
    "DataError",
    "DataStatus",
    "Facts",
    "Images",
    "Loading",
    "check_fits",
    "data_name",
    "describe_data",
    "fitting_edit",
    "load",
    "misfit",
    "own_sets",
]
