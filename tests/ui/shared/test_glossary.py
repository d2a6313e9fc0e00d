"""The glossary has the words that the pages use, and finds them in any of their spellings."""

from __future__ import annotations

import re

import pytest

from bnn_designer.cost import DeployOptions
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.lessons import COURSE, Lesson
from bnn_designer.ui.design.totals.figures import CONVENTIONS, totals
from bnn_designer.ui.shared.glossary import WORDS, explain, find_word, search_words, words_in

#: Two capitals in a word, or more: BN, MACs, OPs, KiB, TFLite, QuickNet.
ABBREVIATION = re.compile(r"\b(?=\w*[A-Z]\w*[A-Z])[A-Za-z]+\b")

#: Names of programs and networks, and the factors of counts: not words of the field.
NAMES = {"TensorFlow"}


def test_entries_are_two_lines_in_the_order_of_the_alphabet_and_no_spelling_is_of_two() -> None:
    assert [word.term for word in WORDS] == sorted((word.term for word in WORDS), key=str.casefold)
    spellings = [spelling.casefold() for word in WORDS for spelling in (word.term, *word.also)]
    assert len(spellings) == len(set(spellings))
    for word in WORDS:
        assert 0 < len(word.meaning) <= 120, word.term
        assert 0 < len(word.matters) <= 120, word.term
        assert word.meaning.endswith((".", ")."))
        assert word.matters.endswith(".")


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("device", [None, *DEVICES])
def test_every_abbreviation_of_the_totals_has_an_entry(convention: str, device: str | None) -> None:
    used: set[str] = set()
    for design in (preset("binarynet"), preset("quicknet"), preset("dorefa-net"), Design()):
        for total in totals(design, DeployOptions(), convention, device):  # type: ignore[arg-type]
            # the names of devices are none
            note = "" if total.name in ("latency_ms", "fits") else total.note
            used |= set(ABBREVIATION.findall(f"{total.label} {note}"))
    assert {"MACs", "OPs", "RAM", "XNOR"} <= used
    assert {term for term in used - NAMES if find_word(term) is None} == set()


def test_the_labels_of_the_totals_have_an_entry_too() -> None:
    labels = {total.label for total in totals(preset("binarynet"), DeployOptions(), "larq", None)}
    assert {label for label in labels if not words_in(label)} == {"Fits"}


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.name)
def test_every_abbreviation_of_a_lesson_has_an_entry(lesson: Lesson) -> None:
    asked = lesson.question
    said = [lesson.title, lesson.idea, asked.text, *asked.choices, asked.why, lesson.design_says]
    said += [text for part in lesson.parts for text in (part.title, part.text, part.after)]
    used = set(re.findall(r"\b[A-Z]{2,}s?\b|\bOPs\b", " ".join(said)))
    assert {term for term in used if find_word(term) is None} == set()


def test_a_word_is_found_in_any_spelling() -> None:
    assert find_word(" macs ") is find_word("MAC")
    assert find_word("batch norm") is find_word("BN")
    assert find_word("no word of the field") is None
    assert explain("STE").splitlines() == [
        f"STE: {next(word.meaning for word in WORDS if word.term == 'STE')}",
        next(word.matters for word in WORDS if word.term == "STE"),
    ]
    with pytest.raises(KeyError):
        explain("nonsense")


def test_the_words_of_a_text_are_found_once_each_and_whole() -> None:
    found = words_in("Binary MACs and MACs, then OPs. The arena: RAM. A program, a drama, BNs.")
    assert [word.term for word in found] == ["binary MACs", "MAC", "OPs", "arena", "RAM"]


def test_a_search_has_the_word_itself_first() -> None:
    assert search_words("") == WORDS
    found = [word.term for word in search_words("ram")]
    assert found[0] == "RAM"
    assert found.index("parameters") < found.index("arena")  # "pa-ram-eters" has it in its name
    assert search_words("latent")[0].term == "latent weights"
    assert {word.term for word in search_words("float memory")} >= {"peak", "shortcut"}
    assert search_words("zebra") == ()
