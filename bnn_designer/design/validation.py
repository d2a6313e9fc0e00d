"""From pydantic's findings to the product's one error: the block's path, the rule, the mend."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from bnn_designer.errors import DesignError

MAX_BLOCKS = 2000
MAX_DEPTH = 16


def check_size(data: dict[str, Any], source: str) -> None:
    """Refuses data too deep or too long to be a design, before anything recurses over it.

    Raises:
        DesignError: more than MAX_DEPTH levels of blocks in blocks, or more than MAX_BLOCKS blocks.
    """
    level, count, depth = data.get("blocks"), 0, 0
    while isinstance(level, list) and level:
        count, depth = count + len(level), depth + 1
        if depth > MAX_DEPTH:
            raise DesignError(source, f"blocks are nested more than {MAX_DEPTH} deep", "Nest fewer shortcuts")
        if count > MAX_BLOCKS:
            raise DesignError(source, f"the design has more than {MAX_BLOCKS} blocks", "Split the design")
        bodies = (block.get("body") for block in level if isinstance(block, dict))
        level = [child for body in bodies if isinstance(body, list) for child in body]


def as_design_error(error: ValidationError, data: Any, source: str = "") -> DesignError:
    """The first finding, told in the document's own terms.

    Args:
        error: what pydantic found.
        data: what was validated, for the ids of the blocks on the way.
        source: the file's name, put in front of the path.
    """
    finding = error.errors(include_url=False)[0]
    path, field = _place(finding["loc"], data)
    place = ": ".join(part for part in (source, "/".join(path)) if part) or "design"
    rule, mend = _explain(finding, field)
    return DesignError(place, rule, mend)


def _place(location: tuple[int | str, ...], data: Any) -> tuple[list[str], str]:
    """The ids of the blocks on the way to a finding, and the name of the field."""
    path: list[str] = []
    field = ""
    for key in location:
        if isinstance(key, int) and isinstance(data, (list, tuple)):
            data = data[key] if key < len(data) else None
            if isinstance(data, dict) and ("kind" in data or "id" in data):
                path.append(str(data.get("id") or f"{data.get('kind', 'block')} (number {key + 1})"))
                field = ""
        elif isinstance(key, str) and isinstance(data, dict) and key in data:
            data, field = data[key], f"{field}.{key}" if field and field not in ("blocks", "body") else key
        elif isinstance(key, str) and isinstance(data, dict) and key != data.get("kind"):
            data, field = None, f"{field}.{key}" if field and field not in ("blocks", "body") else key
    return path, field


def _explain(finding: Any, field: str) -> tuple[str, str]:
    """The rule broken and the mend, for the kinds of finding a document can have."""
    kind, value, context = finding["type"], finding["input"], finding.get("ctx", {})
    shown = repr(value) if isinstance(value, (int, float, str, bool, type(None))) else _summary(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    name = field or "the block"
    if kind == "missing":
        return f"{name} is missing", f"Give {name} a value"
    if kind == "extra_forbidden":
        return f"{name} is not a field that is known here", f"Remove {name}, or correct its spelling"
    if kind in ("greater_than_equal", "greater_than"):
        bound = context.get("ge", context.get("gt"))
        words = "at least" if kind == "greater_than_equal" else "more than"
        return f"{name} must be {words} {bound}, and is {shown}", f"Set {name} to {words} {bound}"
    if kind in ("less_than_equal", "less_than"):
        bound = context.get("le", context.get("lt"))
        words = "at most" if kind == "less_than_equal" else "less than"
        return f"{name} must be {words} {bound}, and is {shown}", f"Set {name} to {words} {bound}"
    if kind == "literal_error":
        return f"{name} must be {context['expected']}, and is {shown}", f"Set {name} to one of these"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        known = context.get("expected_tags", "a known kind of block")
        return f"a block's kind must be one of {known}, and is {context.get('tag', 'missing')}", "Correct the kind"
    if kind == "value_error":
        return str(context["error"]), "Give every block an id of its own"
    return f"{name} is {shown}: {finding['msg']}", f"Correct {name}"


def _summary(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list | tuple) else "unreadable"
