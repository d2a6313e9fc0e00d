"""What the page offers where a network made for ImageNet meets small images: the stem that the field gives it there."""

from __future__ import annotations

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.small_image import small_image_stem
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from bnn_designer.units import shape_text

#: Images and classes of CIFAR-10, which this program trains on.
CIFAR_SHAPE, CIFAR_CLASSES = (32, 32, 3), 10
_SIZE = shape_text(CIFAR_SHAPE[:2])

CIFAR_LABEL = f"Open for images of {_SIZE}"
HELP = (
    "A stem of 3x3 with stride 1 and no pool in the place of the one for ImageNet, which would leave maps of hardly a "
    "pixel (He et al., arXiv 1512.03385, section 4.2)."
)


def with_small_stem(design: Design) -> Design | None:
    """The design with a stem for images as small as its own; None where there is nothing to offer."""
    small = small_image_stem(design)
    if small is None:
        return None
    try:
        lower(small)
    except DesignError:  # a design that is not finished, or has no use for it
        return None
    return small


def for_cifar(design: Design) -> Design | None:
    """A network made for large images as one for CIFAR-10; None where it is made for small ones."""
    changes = {"input_shape": CIFAR_SHAPE, "classes": CIFAR_CLASSES, "name": f"{design.name} {_SIZE}"}
    return with_small_stem(apply_edit(design, UpdateDesign(changes=changes)))
