"""What there is of a network to export: a design and its Keras model, or a packed file; made once, if asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from bnn_designer.design import Design, walk
from bnn_designer.export.curves import Curves
from bnn_designer.export.errors import ExportError
from bnn_designer.graph import Graph, lower
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.targets import Verdict, verdicts

#: Gives the names of classes, in their order.
Classes = Callable[[], tuple[str, ...]]


class Material:
    """What a target's writer takes what it needs of.

    Either of :meth:`of_model`, which has everything, or :meth:`of_packed`, which has no Keras model, and a design only
    if the packed file names it.

    Attributes:
        weights: where its weights are from; "" for untrained ones.
        curves: of the run that it was trained in; None: not known.
    """

    def __init__(
        self,
        design: Design | None,
        model: Any | None,
        packed: PackedNetwork | None,
        weights: str,
        images: Any | None = None,
        classes: Classes | None = None,
        curves: Curves | None = None,
    ) -> None:
        self._design, self._model, self._packed, self.weights = design, model, packed, weights
        self._images, self._classes, self.curves = images, classes, curves

    @classmethod
    def of_model(
        cls,
        design: Design,
        model: Any,
        weights: str,
        images: Any | None = None,
        classes: Classes | None = None,
        curves: Curves | None = None,
    ) -> Material:
        """A Keras model that ``build_model`` made of the design.

        ``images`` are as ``pack`` takes them, ``classes`` as in :attr:`class_names`, ``curves`` of the run that
        trained it, if one did.
        """
        return cls(design, model, None, weights, images, classes, curves)

    @classmethod
    def of_packed(cls, packed: PackedNetwork, weights: str, classes: Classes | None = None) -> Material:
        """A packed network, with the design in its header; ``classes`` as in :attr:`class_names`.

        Raises:
            DesignError: that design is broken.
        """
        kept = packed.header.design
        return cls(None if kept is None else Design.from_data(kept), None, packed, weights, classes=classes)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The names of its scores, in their order; empty where it is not known what it was trained with.

        A data set that is large is read for them, so they are asked for by who needs them alone.
        """
        return () if self._classes is None else self._classes()

    @property
    def name(self) -> str:
        return self._design.name if self._design is not None else self.packed.header.name

    @property
    def has_design(self) -> bool:
        return self._design is not None

    @property
    def design(self) -> Design:
        """The design.

        Raises:
            ExportError: the packed file does not say which it is.
        """
        if self._design is None:
            raise ExportError(
                self.name,
                "the packed file does not say of which design it is",
                "Name the run, or the design with --weights",
            )
        return self._design

    @cached_property
    def graph(self) -> Graph:
        """The design's graph; raises as :attr:`design`."""
        return lower(self.design)

    @property
    def has_model(self) -> bool:
        return self._model is not None

    @property
    def model(self) -> Any:
        """The Keras model.

        Raises:
            ExportError: there is a packed file only.
        """
        if self._model is None:
            raise ExportError(
                self.name,
                "a packed file has bits and thresholds, and this target is written from the Keras model",
                "Name the run, or the design with --weights",
            )
        return self._model

    @cached_property
    def packed(self) -> PackedNetwork:
        """The packed network.

        Raises:
            PackError: the model cannot be packed; with the block and the reason.
        """
        if self._packed is not None:
            return self._packed
        from bnn_designer.packing import pack

        return pack(self.graph, self.model, self.design, self._images)

    def verdicts(self, target: str) -> dict[str, Verdict]:
        """What becomes of each block at a target of :mod:`bnn_designer.targets`, by its path in reading order.

        Empty where the design is not known.
        """
        if self._design is None:
            return {}
        found = verdicts(self._design)
        return {
            path: found[one.id][target] for path, one in walk(self._design.blocks) if target in found.get(one.id, {})
        }
