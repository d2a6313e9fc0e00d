"""A network as programs have it: a design, with the ways in and out."""

from __future__ import annotations

from pathlib import Path

from bnn_designer.design import Design, Edit, apply_edit
from bnn_designer.design.find import find_design
from bnn_designer.design.links import link_to
from bnn_designer.files import write_text

#: Where ``bnn-designer app`` answers, unless it is told otherwise.
APP = "http://localhost:8501/"


class Network(Design):
    """A network: its name, the shape of its images, its classes and its blocks. Immutable: an edit gives another one.

    It is a :class:`bnn_designer.design.Design`, so all that takes a design takes it. Two are equal where their
    documents are, whichever of the two classes they have.
    """

    @classmethod
    def of(cls, design: Design) -> Network:
        """The design as a network."""
        fields = {name: getattr(design, name) for name in Design.model_fields}
        return cls.model_construct(design.model_fields_set, **fields)  # its values were checked when it was made

    @classmethod
    def load(cls, source: str | Path) -> Network:
        """The network of a preset's name, in a JSON file, or in a link of the Design page.

        Raises:
            DesignError: none of these is there, or what is there does not hold a design; says where and which rule.
        """
        return cls.of(find_design(str(source)))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Writes the JSON file that :meth:`load`, every command and the app's upload read.

        Args:
            path: the file to write; whole or not at all.
            overwrite: replace a file that is there.

        Raises:
            BnnDesignerError: the file is there, or cannot be written.
        """
        write_text(Path(path), self.to_json(), overwrite=overwrite)

    def edited(self, *edits: Edit) -> Network:
        """The network after edits, in their order: values of :mod:`bnn_designer.design.edits`.

        Raises:
            DesignError: an edit names a block or a place that is not there, or leads to a design that breaks a rule.
        """
        design: Design = self
        for edit in edits:
            design = apply_edit(design, edit)
        return Network.of(design)

    def link(self, address: str = APP) -> str:
        """A link with the whole network in it, which the app at that address opens as a draft.

        Raises:
            DesignError: the network is too large for an address, or the address is none.
        """
        return link_to(Design.model_construct(self.model_fields_set, **dict(self)), address)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Design) and dict(self) == dict(other)

    __hash__ = Design.__hash__
