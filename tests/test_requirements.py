"""The pinned requirements: each release with the hashes of its files, nothing of where they were fetched from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.txt"))


def entries(lock: str) -> list[str]:
    """A text for each requirement: its pin with what belongs to it, the lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(encoding="utf-8"), flags=re.M)
    return [entry for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]


def name_of(requirement: str) -> str:
    """As pip compares names: ``SQLAlchemy>=2`` and ``sqlalchemy==2.0.44`` are one."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def test_there_is_one_for_each_list() -> None:
    lists = sorted(path.name for path in ROOT.glob("requirements*.in"))
    assert [name.replace(".txt", ".in") for name in LOCKS] == lists
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"{name.replace('.txt', '.in')} -o {name}" in makefile for name in LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_each_release_is_pinned_with_hashes(lock: str) -> None:
    """One entry without turns pip's check on and the installation off; an option could name an index."""
    for entry in entries(lock):
        assert re.match(r"[a-z0-9.-]+==[^ ]+ ", entry), entry
        assert re.findall(r"--(\w+)", entry) == ["hash"] * entry.count("--hash=sha256:") != [], entry
        assert "://" not in entry


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_asked_for_is_pinned(lock: str) -> None:
    wanted = (ROOT / lock.replace(".txt", ".in")).read_text(encoding="utf-8").splitlines()
    names = {name_of(line) for line in wanted if line and not line.startswith(("#", "-c"))}
    assert names
    assert names <= {name_of(entry) for entry in entries(lock)}


def test_a_library_has_the_same_releases_in_all() -> None:
    """They are installed into one environment. A marker may divide a library's releases by Python."""
    ours = {name_of(entry): set[str]() for entry in entries("requirements.txt")}
    for lock in LOCKS:
        for entry in entries(lock):
            if name_of(entry) in ours:
                ours[name_of(entry)].add(entry.split(" ")[0])
    pinned = {entry.split(" ")[0] for entry in entries("requirements.txt")}
    assert set().union(*ours.values()) == pinned
