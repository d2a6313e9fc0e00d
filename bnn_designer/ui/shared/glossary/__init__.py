"""The words of the field, and how they are found."""

from bnn_designer.ui.shared.glossary.finding import explain, find_word, search_words, words_in
from bnn_designer.ui.shared.glossary.word import Word
from bnn_designer.ui.shared.glossary.words import WORDS

__all__ = ["WORDS", "Word", "explain", "find_word", "search_words", "words_in"]
