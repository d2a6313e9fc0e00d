"""A network made for ImageNet, opened for the small images that this program trains on."""

from __future__ import annotations

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.small_image import small_image_stem
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from bnn_designer.units import shape_text

SHAPE, CLASSES = (32, 32, 3), 10
_SIZE = shape_text(SHAPE[:2])

LABEL = f"Open for images of {_SIZE}"
HELP = (
    f"For CIFAR-10: {CLASSES} classes, and a stem of 3x3 with stride 1 and no pool in the place of that for ImageNet, "
    "which would leave maps of hardly a pixel (He et al., arXiv 1512.03385, section 4.2)."
)


def for_cifar(design: Design) -> Design | None:
    """The design with another image, its classes, and a stem for it; None where it is made for small images already,
    or would be no network on them."""
    changes = {"input_shape": SHAPE, "classes": CLASSES, "name": f"{design.name} {_SIZE}"}
    small = small_image_stem(apply_edit(design, UpdateDesign(changes=changes)))
    if small is None:
        return None
    try:
        lower(small)
    except DesignError:
        return None
    return small
