"""A design as a part of an address: a link that holds all of it works on every server, and needs nothing stored.

The text is JSON without what is as by default, compressed (zlib) and spelled in the letters that addresses leave alone
(base64url, RFC 4648 section 5): a preset takes 200 to 600. What a default means is a part of the schema, whose version
is in the text.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from bnn_designer.design.clipboard import block_texts, joined
from bnn_designer.design.document import Design
from bnn_designer.errors import DesignError

#: The parameter of an address that holds a design.
PARAMETER = "design"

#: Servers refuse addresses longer than some 64,000 characters, and other parameters need room too.
MAX_LINK_CHARS = 32_000

#: What a text may expand to. Without this, zlib could make 24 MB of the longest text, and JSON ten times that.
MAX_EXPANDED_BYTES = 2_000_000

_SOURCE = "link"
_MEND = "Copy the whole link again, or ask for the design's JSON file"


def link_text(design: Design) -> str:
    """A design as text of letters, digits, "-" and "_"; :func:`design_in_text` gives it back.

    Raises:
        DesignError: it is too large for an address.
    """
    content = json.dumps(_short(design), ensure_ascii=False, separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(zlib.compress(content, 9)).rstrip(b"=").decode()
    if len(text) > MAX_LINK_CHARS or len(content) > MAX_EXPANDED_BYTES:
        rule = f"the design takes {len(text):,} characters, and a link holds {MAX_LINK_CHARS:,}"
        raise DesignError(_SOURCE, rule, "Send its JSON file, or put what repeats into a Repeat block")
    return text


def design_in_text(text: str) -> Design:
    """The design that a text of :func:`link_text` holds; blanks and line breaks, as mail adds them, do not matter.

    Raises:
        DesignError: the text is cut off, changed, too long, or holds no design.
    """
    packed = re.sub(r"\s+", "", text).rstrip("=")
    if not packed:
        raise DesignError(_SOURCE, "it holds no design", _MEND)
    if len(packed) > MAX_LINK_CHARS:
        raise DesignError(_SOURCE, f"it is longer than {MAX_LINK_CHARS:,} characters", _MEND)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", packed):
        raise DesignError(_SOURCE, 'a design in a link is spelled in letters, digits, "-" and "_" alone', _MEND)
    try:
        content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except ValueError:
        raise DesignError(_SOURCE, "a letter of it is missing", _MEND) from None
    try:
        return Design.from_json(_expanded(content).decode("utf-8"), source=_SOURCE)
    except UnicodeDecodeError:
        raise DesignError(_SOURCE, "what it holds is not text", _MEND) from None


def link_to(design: Design, address: str) -> str:
    """A link that opens a design on the page at an address; whatever followed the address's "?" is left out.

    Raises:
        DesignError: the design is too large for an address, or the address is none.
    """
    parts = _split(address)
    return parts._replace(query=urlencode({PARAMETER: link_text(design)}), fragment="").geturl()


def is_link(text: str) -> bool:
    """Whether a text is an address with a design in it, as :func:`link_to` makes it."""
    return re.search(rf"[?&]{PARAMETER}=", text) is not None


def design_in_link(link: str) -> Design:
    """The design that a link of :func:`link_to` holds.

    Raises:
        DesignError: it holds none.
    """
    return design_in_text(parse_qs(_split(link).query).get(PARAMETER, [""])[0])


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:  # no computer can have this address
        raise DesignError(_SOURCE, f"this is no address: {error}", "Give one such as http://localhost:8501/") from None


def _expanded(content: bytes) -> bytes:
    """The bytes that compressed ones stand for; never more than :data:`MAX_EXPANDED_BYTES` are made."""
    expander = zlib.decompressobj()
    try:
        expanded = expander.decompress(content, MAX_EXPANDED_BYTES + 1)
    except zlib.error:
        raise DesignError(_SOURCE, "it was changed on the way", _MEND) from None
    if len(expanded) > MAX_EXPANDED_BYTES:
        raise DesignError(_SOURCE, f"what it holds is larger than {MAX_EXPANDED_BYTES:,} bytes", _MEND)
    if not expander.eof or expander.unused_data:
        raise DesignError(_SOURCE, "its end is missing" if not expander.eof else "something was added to it", _MEND)
    return expanded


def _short(design: Design) -> dict[str, Any]:
    """The document's data without defaults, and without ids where the same ones are given anew."""
    data = design.model_dump(mode="json", exclude_defaults=True, exclude={"blocks"})
    data["schema_version"] = design.schema_version
    bare = data | {"blocks": _short_blocks(design, with_ids=False)}
    if Design.from_data(bare) == design:
        return bare
    return data | {"blocks": _short_blocks(design, with_ids=True)}


def _short_blocks(design: Design, with_ids: bool) -> Any:
    texts = block_texts(design.blocks, with_ids)
    return json.loads(joined(texts[block.id] for block in design.blocks))
