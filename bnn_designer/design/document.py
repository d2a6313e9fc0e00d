"""The design document: a small, versioned JSON file, and the value it becomes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from bnn_designer.design.blocks import Block, children, with_children
from bnn_designer.design.fields import Count, Size, Value, Words
from bnn_designer.design.migrations import SCHEMA_VERSION, migrate
from bnn_designer.design.position import Position, positions
from bnn_designer.design.validation import (
    MAX_FILE_BYTES,
    as_design_error,
    broken_rule,
    check_size,
    show,
    size_problem,
)
from bnn_designer.errors import DesignError
from bnn_designer.files import open_file


class Design(Value):
    """A network as a person assembled it. Immutable: an edit gives a new one.

    Ids of blocks are unique; a block that comes without one is given the next of its kind, in reading order.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    name: Words = Field("untitled", min_length=1, max_length=80, description="Name of the network.")
    input_shape: tuple[Size, Size, Size] = Field((32, 32, 3), description="Height, width and channels of an image.")
    classes: Count = Field(10, description="How many classes the network predicts.")
    blocks: tuple[Block, ...] = Field((), description="The network, from the image to the classes.")

    @model_validator(mode="before")
    @classmethod
    def _migrated(cls, data: Any) -> Any:
        return migrate(data) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _number_blocks(self) -> Design:
        problem = size_problem(self.blocks, children)
        if problem:
            raise broken_rule("", *problem)
        paths: dict[str, str] = {}
        nameless = False
        for path, block in walk(self.blocks):
            if block.id in paths:
                rule = f'the id "{block.id}" is already used: {paths[block.id]} has it too'
                raise broken_rule(path, rule, "Give every block its own id, or none")
            if block.id:
                paths[block.id] = path
            else:
                nameless = True
        if nameless:
            object.__setattr__(self, "blocks", _numbered(self.blocks, set(paths), Counter()))
        return self

    @classmethod
    def from_data(cls, data: Any, source: str = "") -> Design:
        """The document that JSON-like data holds.

        Args:
            data: what a JSON file of a design holds.
            source: where it comes from, such as a file's name; stands in front of the block's path in errors.

        Raises:
            DesignError: not a document, of a newer schema, or breaking a rule; names the block and the field.
        """
        if not isinstance(data, dict):
            rule = f"a design must be a JSON object, and this is {'a list' if isinstance(data, list) else show(data)}"
            raise DesignError(source or "design", rule, "Choose a design's JSON file, or start from a preset")
        version = data.get("schema_version", SCHEMA_VERSION)
        if type(version) is not int or version < 1:
            rule = f"schema_version must be {SCHEMA_VERSION}, and is {show(version)}"
            raise DesignError(source or "design", rule, f"Set schema_version to {SCHEMA_VERSION}")
        if version > SCHEMA_VERSION:
            raise DesignError(
                source or "design",
                f"the file has schema version {show(version)}, and this program reads up to {SCHEMA_VERSION}",
                "Update the program, or save the file from the older one",
            )
        check_size(data, source)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise as_design_error(error, data, source) from None

    @classmethod
    def from_json(cls, text: str, source: str = "") -> Design:
        """The document that a JSON text holds; raises DesignError like :meth:`from_data`."""
        place = source or "design"
        if not text.strip():
            raise DesignError(place, "this is empty", "Choose a design's JSON file, or start from a preset")
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise DesignError(
                f"{place}, line {error.lineno}, column {error.colno}",
                f"this is not JSON: {error.msg}",
                "Open the file in an editor that checks JSON, or save the design again",
            ) from None
        except RecursionError:
            raise DesignError(
                place, "the JSON is nested too deeply", "Nest fewer shortcuts inside each other"
            ) from None
        except ValueError:  # Python refuses to read a number of thousands of digits
            raise DesignError(place, "the JSON holds a number too long to read", "Correct the number") from None
        return cls.from_data(data, source)

    def to_json(self) -> str:
        """The document as a file holds it: indented, fields in a fixed order, defaults written out."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    def find(self, block_id: str) -> Block:
        """The block of that id.

        Raises:
            DesignError: there is none.
        """
        waiting = [self.blocks]
        while waiting:
            for block in waiting.pop():
                if block.id == block_id:
                    return block
                if inner := children(block):
                    waiting.append(inner)
        raise self._unknown(block_id)

    def position_of(self, block_id: str) -> Position:
        """Where the block of that id stands.

        Raises:
            DesignError: there is none.
        """
        for position in positions(self.blocks):
            if position.block.id == block_id:
                return position
        raise self._unknown(block_id)

    def _unknown(self, block_id: str) -> DesignError:
        return DesignError(
            self.name, f"there is no block {block_id!r}", "It may have been removed; undo brings it back"
        )

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
        with open_file(path) as file:
            content = file.read(MAX_FILE_BYTES + 1)
        text = content.decode("utf-8-sig")  # some editors put a byte order mark in front
    except OSError as error:
        raise DesignError(str(path), f"the file cannot be read: {error.strerror}", "Check the name") from None
    except UnicodeDecodeError:
        raise DesignError(str(path), "the file is not text in UTF-8", "Choose a design's JSON file") from None
    except ValueError as error:  # a name that no file can have
        raise DesignError(repr(str(path)), f"the file cannot be read: {error}", "Check the name") from None
    if len(content) > MAX_FILE_BYTES:
        raise DesignError(str(path), "the file is too large to be a design", "Choose a design's JSON file")
    return Design.from_json(text, source=str(path))


def walk(blocks: tuple[Block, ...], prefix: str = "") -> Iterator[tuple[str, Block]]:
    """Every block with its path, in reading order, a block before its children."""
    # A stack of our own: generators in generators would hand every block through all levels above it.
    ahead = [(prefix, block) for block in reversed(blocks)]
    while ahead:
        prefix, block = ahead.pop()
        path = prefix + (block.id or block.kind)
        yield path, block
        inner = children(block)
        if inner:
            prefix = path + "/"
            ahead += [(prefix, child) for child in reversed(inner)]


def next_id(kind: str, taken: set[str]) -> str:
    """The first free id of a kind: ``binary_conv_1``, ``binary_conv_2``, ..."""
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"


def _numbered(blocks: tuple[Block, ...], taken: set[str], last: Counter[str]) -> tuple[Block, ...]:
    """The blocks with an id each, the first free ones; ``last`` is the last number given to each kind."""
    numbered = []
    for block in blocks:
        if not block.id:
            last[block.kind] += 1
            while f"{block.kind}_{last[block.kind]}" in taken:
                last[block.kind] += 1
            block = block.model_copy(update={"id": f"{block.kind}_{last[block.kind]}"})
        if children(block):
            block = with_children(block, _numbered(children(block), taken, last))
        numbered.append(block)
    return tuple(numbered)
