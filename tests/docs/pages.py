"""The documents as tests read them: pages, their headings, links and fenced blocks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "results/README.md", "benchmarks/NOTES.md"),
]
_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, in which language, why it is not run ("" where it is), and its lines."""

    page: str
    line: int
    language: str
    no_run: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """The page's blocks in their order; one within a list is indented as that is."""
    found = []
    for match in _FENCE.finditer(text_of(page)):
        indent, info, body = match.groups()
        language, _, marks = info.partition(" ")
        why = re.fullmatch(r'no-run="(.+)"', marks)
        assert why or not marks, f'{page}: {info!r}: the one mark that there is is no-run="why"'
        line = text_of(page).count("\n", 0, match.start()) + 1
        text = re.sub(rf"^{indent}", "", body, flags=re.M)
        found.append(Block(page, line, language, why.group(1) if why else "", text))
    return found


def prose(page: str) -> str:
    """The page without blocks and code, in which brackets are no links."""
    text = re.sub(r"<!--.*?-->", "", _FENCE.sub("", text_of(page)), flags=re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def links(page: str) -> list[str]:
    """What the page links to and shows, as it is written."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


@cache
def anchors(page: str) -> frozenset[str]:
    """What a link may name behind "#": the headings in small letters, dashes for blanks, without marks."""
    without = _FENCE.sub("", text_of(page))
    names: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#{1,4} (.+)$", without, re.M):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        found.add(f"{name}-{names[name]}" if names[name] else name)
        names[name] += 1
    return frozenset(found)
