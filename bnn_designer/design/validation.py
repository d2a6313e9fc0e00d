"""From pydantic's findings to the product's one error: the block's path, the rule, the mend."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from bnn_designer.errors import DesignError

MAX_BLOCKS = 1000
MAX_DEPTH = 16
#: A text longer than this is no design.
MAX_FILE_BYTES = MAX_BLOCKS * 10_000

#: Ids become names of Keras layers and keys of the picture; "." is kept for the layers made of one block.
ID_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"

_RULE_OF_DESIGN = "design_rule"
_HOLDERS = ("blocks", "body")
#: More digits than any field of a design can take; such a number is not printed.
_LONG_NUMBER = 10**18

#: What a field must be, by the type of pydantic's finding.
_MUST_BE = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a text",
    "string_unicode": "a text of valid characters",
    "string_pattern_mismatch": 'at most 64 letters, digits, "_" and "-", and start with a letter',
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def broken_rule(path: str, rule: str, mend: str) -> PydanticCustomError:
    """What a validator of the document raises where a rule about several blocks is broken; not a finding of pydantic's.

    :func:`as_design_error` makes a DesignError of the same three texts of it; an empty path becomes the block's.
    """
    return PydanticCustomError(_RULE_OF_DESIGN, "{rule}", {"path": path, "rule": rule, "mend": mend})


def size_problem(blocks: Any, children: Callable[[Any], Any]) -> tuple[str, str] | None:
    """The rule and the mend where blocks are too many or nested too deep, found without recursion; None if they fit."""
    level, count, depth = blocks, 0, 0
    while isinstance(level, list | tuple) and level:
        count, depth = count + len(level), depth + 1
        if depth > MAX_DEPTH:
            return f"blocks are nested more than {MAX_DEPTH} deep", "Nest fewer shortcuts inside each other"
        if count > MAX_BLOCKS:
            return f"the design has more than {MAX_BLOCKS} blocks", "Use fewer blocks"
        level = [child for block in level for child in children(block)]
    return None


def check_size(data: dict[str, Any], source: str) -> None:
    """Refuses data too deep or too long to be a design, before anything recurses over it.

    Raises:
        DesignError: more than MAX_DEPTH levels of blocks in blocks, or more than MAX_BLOCKS blocks.
    """
    problem = size_problem(data.get("blocks"), _children_in_data)
    if problem:
        raise DesignError(source or "design", *problem)


def _children_in_data(block: Any) -> Iterable[Any]:
    body = block.get("body") if isinstance(block, dict) else None
    return body if isinstance(body, list) else ()


def as_design_error(error: ValidationError, data: Any, source: str = "") -> DesignError:
    """The first finding, told in the document's own terms.

    Args:
        error: what pydantic found.
        data: what was validated, for the ids of the blocks on the way.
        source: the file's name, or the path of the block that was validated; put in front of the path.
    """
    finding = error.errors(include_url=False)[0]
    if finding["type"] == _RULE_OF_DESIGN:
        path, rule, mend = (str(finding["ctx"][key]) for key in ("path", "rule", "mend"))
        path = path or "/".join(_place(finding["loc"], data)[0])
    else:
        blocks, field = _place(finding["loc"], data)
        path = "/".join(blocks) if len(blocks) <= MAX_DEPTH else ""
        rule, mend = _explain(finding, field)
    return DesignError(": ".join(part for part in (source, path) if part) or "design", rule, mend)


def _place(location: Sequence[int | str], data: Any) -> tuple[list[str], str]:
    """The ids of the blocks on the way to a finding, and the name of the field, such as ``batch_norm.momentum``."""
    path: list[str] = []
    field = ""
    # Where a union is on the way, the location has the name of its variant too, which is not a field of the data.
    variant = data.get("edit") if isinstance(data, dict) else None
    for key in location:
        if isinstance(key, str) and key == variant:
            variant = None
            continue
        variant = None
        if isinstance(key, str):
            field = f"{field}.{key}" if field else key
            data = data.get(key) if isinstance(data, dict) else None
        else:
            inside = isinstance(data, list | tuple)
            data = data[key] if inside and key < len(data) else None
            if inside and field not in _HOLDERS:
                field = f"{field}[{key}]"
        if isinstance(key, int) and field == f"edits[{key}]":
            path.append(f"edit {key + 1}")
            field, variant = "", data.get("edit") if isinstance(data, dict) else None
        elif (field in _HOLDERS and isinstance(key, int)) or (field == "block" and isinstance(data, dict)):
            path.append(_block_name(data, key))
            field = ""
            variant = data.get("kind") if isinstance(data, dict) else None
    return path, field


def _block_name(data: Any, index: int | str) -> str:
    """A block's id; where it has no good one, its kind and its place, counted from 1 (an edit's block has none)."""
    named = data if isinstance(data, dict) else {}
    block_id, kind = named.get("id"), named.get("kind")
    if isinstance(block_id, str) and re.fullmatch(ID_PATTERN, block_id):
        return block_id
    name = kind if isinstance(kind, str) and re.fullmatch(ID_PATTERN, kind) else "block"
    return f"{name} (number {index + 1})" if isinstance(index, int) else name


def _explain(finding: Any, field: str) -> tuple[str, str]:
    """The rule broken and the mend, for the kinds of finding a document can have."""
    kind, value, context = finding["type"], finding["input"], finding.get("ctx", {})
    name = field if re.fullmatch(r"[\w.\[\]-]{0,80}", field) else show(field)
    name, shown = name or "this", show(value)
    if kind == "missing" and isinstance(finding["loc"][-1], int):
        return _wrong_length(name.rpartition("[")[0], value)
    if kind in ("too_short", "too_long") and isinstance(value, list | tuple):
        return _wrong_length(name, value)
    if kind in ("missing", "union_tag_not_found"):
        name = context.get("discriminator", name).strip("'")
        return f"{name} is missing", f"Give {name} a value"
    if kind == "union_tag_invalid":
        tag, known = context["discriminator"].strip("'"), context["expected_tags"]
        given = show(value.get(tag)) if isinstance(value, dict) else shown
        return f"{tag} must be one of {known}, and is {given}", f"Correct {tag}"
    if kind == "extra_forbidden":
        return f"{name} is not a known field", f"Remove {name}, or correct its spelling"
    if kind == "literal_error":
        return f"{name} must be {context['expected']}, and is {shown}", f"Set {name} to one of these"
    if kind in ("recursion_loop", "recursion_depth_exceeded"):
        return "blocks are nested too deeply", "Nest fewer shortcuts inside each other"
    wanted = _bound(kind, context) or _length(kind, context) or _list(kind, name) or _MUST_BE.get(kind)
    if wanted is None:
        return f"{name} is {shown}: {finding['msg']}", f"Correct {name}"
    mend = f"Set {name} to {wanted}" if kind.startswith(("greater", "less")) else f"Correct {name}"
    return f"{name} must be {wanted}, and is {shown}", mend


def _bound(kind: str, context: dict[str, Any]) -> str | None:
    words = {
        "greater_than_equal": ("at least", "ge"),
        "greater_than": ("more than", "gt"),
        "less_than_equal": ("at most", "le"),
        "less_than": ("less than", "lt"),
    }
    return f"{words[kind][0]} {context[words[kind][1]]:g}" if kind in words else None


def _length(kind: str, context: dict[str, Any]) -> str | None:
    if kind == "string_too_short":
        return f"a text of at least {context['min_length']} character"
    return f"a text of at most {context['max_length']} characters" if kind == "string_too_long" else None


def _list(kind: str, name: str) -> str | None:
    if kind != "tuple_type":
        return None
    if name in _HOLDERS:
        return "a list of blocks"
    return _LISTS.get(name, "a whole number, or a list of two (height and width)")


#: Lists that are not the two numbers of a kernel, a stride or a window; with how many elements they have.
_LISTS = {
    "input_shape": "a list of three whole numbers (height, width and channels)",
    "block_ids": "a list of one id or more",
    "edits": "a list of 1 to 500 edits",
}


def _wrong_length(name: str, value: Any) -> tuple[str, str]:
    wanted = _LISTS.get(name, "a whole number, or a list of two (height and width)")
    return f"{name} must be {wanted}, and is {show(value)}", f"Correct {name}"


def show(value: Any) -> str:
    """A value as a JSON file has it, or what it is where that would be long."""
    if isinstance(value, int) and abs(value) > _LONG_NUMBER:
        return "a huge number"
    if value is None or isinstance(value, int | float):
        return json.dumps(value)
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=not value.isprintable())
        return text if len(text) <= 60 else f"{text[:40]}... ({len(value)} characters)"
    if isinstance(value, list | tuple):
        short = len(value) <= 4 and all(isinstance(item, int | float | str | None) for item in value)
        return f"[{', '.join(show(item) for item in value)}]" if short else f"a list of {len(value)}"
    return "an object"
