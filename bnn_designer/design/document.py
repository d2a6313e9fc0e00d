"""The design document: a small, versioned JSON file, and the value it becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from bnn_designer.design.blocks import Block, Count, Size, Value, children, with_children
from bnn_designer.design.validation import MAX_BLOCKS, as_design_error, check_size
from bnn_designer.errors import DesignError

SCHEMA_VERSION: Literal[1] = 1


class Design(Value):
    """A network as a person assembled it. Immutable: an edit gives a new one.

    Ids of blocks are unique; a block that comes without one is given the next of its kind, in reading order.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str = Field("untitled", min_length=1, max_length=80, description="What the network is called.")
    input_shape: tuple[Size, Size, Size] = Field((32, 32, 3), description="Height, width and channels of an image.")
    classes: Count = Field(10, description="How many classes the network tells apart.")
    blocks: tuple[Block, ...] = Field((), description="The network, from the image to the classes.")

    @model_validator(mode="after")
    def _number_blocks(self) -> Design:
        ids = [block.id for _, block in walk(self.blocks) if block.id]
        twice = {block_id for block_id in ids if ids.count(block_id) > 1} if len(set(ids)) < len(ids) else set()
        if twice:
            raise ValueError(f"two blocks have the id {min(twice)!r}")
        if len(ids) < sum(1 for _ in walk(self.blocks)):
            object.__setattr__(self, "blocks", _numbered(self.blocks, set(ids)))
        return self

    @classmethod
    def from_data(cls, data: Any, source: str = "design") -> Design:
        """The document that JSON-like data holds.

        Raises:
            DesignError: not a document, of a newer schema, or breaking a rule; names the block and the field.
        """
        if not isinstance(data, dict):
            raise DesignError(source, f"a design is an object, and this is {_json_name(data)}", "Start from a preset")
        version = data.get("schema_version", SCHEMA_VERSION)
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise DesignError(
                source,
                f"the file has schema version {version}, and this program reads up to {SCHEMA_VERSION}",
                "Update the program, or save the file from the older one",
            )
        check_size(data, source)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise as_design_error(error, data, source) from None

    @classmethod
    def from_json(cls, text: str, source: str = "design") -> Design:
        """The document that a JSON text holds; raises DesignError like :meth:`from_data`."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise DesignError(
                f"{source}, line {error.lineno}, column {error.colno}",
                f"this is not JSON: {error.msg}",
                "Open the file in an editor that checks JSON, or save the design again",
            ) from None
        except RecursionError:
            raise DesignError(source, "blocks are nested too deeply", "Nest fewer shortcuts in each other") from None
        return cls.from_data(data, source)

    def to_json(self) -> str:
        """The document as a file holds it: indented, fields in a fixed order, defaults written out."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    def find(self, block_id: str) -> Block:
        """The block of that id.

        Raises:
            DesignError: there is none.
        """
        for _, block in walk(self.blocks):
            if block.id == block_id:
                return block
        raise DesignError(self.name, f"there is no block {block_id!r}", "It may have been removed; undo brings it back")

    def path_of(self, block_id: str) -> str:
        """Where a block stands, as messages say it: ``shortcut_2/binary_conv_3``."""
        for path, block in walk(self.blocks):
            if block.id == block_id:
                return path
        return block_id


def load_design(path: Path) -> Design:
    """The design in a file.

    Raises:
        DesignError: the file cannot be read, is too large, or does not hold a design.
    """
    try:
        if path.stat().st_size > MAX_BLOCKS * 10_000:
            raise DesignError(str(path), "the file is too large to be a design", "Choose a design's JSON file")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DesignError(str(path), f"the file cannot be read: {error.strerror}", "Check the name") from None
    except UnicodeDecodeError:
        raise DesignError(str(path), "the file is not text in UTF-8", "Choose a design's JSON file") from None
    return Design.from_json(text, source=str(path))


def walk(blocks: tuple[Block, ...], prefix: str = "") -> Iterator[tuple[str, Block]]:
    """Every block with its path, in reading order, a block before its children."""
    for block in blocks:
        path = prefix + (block.id or block.kind)
        yield path, block
        yield from walk(children(block), path + "/")


def next_id(kind: str, taken: set[str]) -> str:
    """The first free id of a kind: ``binary_conv_1``, ``binary_conv_2``, ..."""
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"


def _numbered(blocks: tuple[Block, ...], taken: set[str]) -> tuple[Block, ...]:
    """The blocks with an id each; ids given are added to ``taken``."""
    numbered = []
    for block in blocks:
        if not block.id:
            block = block.model_copy(update={"id": next_id(block.kind, taken)})
            taken.add(block.id)
        if children(block):
            block = with_children(block, _numbered(children(block), taken))
        numbered.append(block)
    return tuple(numbered)


def _json_name(data: Any) -> str:
    return {list: "a list", str: "a text", int: "a number", float: "a number", bool: "a truth value"}.get(
        type(data), "nothing"
    )
