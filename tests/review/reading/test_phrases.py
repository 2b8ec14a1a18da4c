"""Phrases: which they find, and when their patterns are compiled."""

from __future__ import annotations

import subprocess
import sys

from review.text.reading.words import Phrases

COMPILED_BY_CHECKS = """
from review.text.checks import spam
from review.text.reading import words
print(words._whole_words.cache_info().currsize)
"""


def test_phrases_are_found_whole_in_any_case_and_beside_scripts_without_blanks():
    phrases = Phrases(["act now", "miracle"])
    text = "ACT NOW, reactors. 立即act now立即 Miracles."

    found = [(index, match.group()) for index, match in phrases.find(text)]

    assert found == [(0, "ACT NOW"), (0, "act now")]


def test_a_start_compiles_no_phrase_of_the_checks():
    answer = subprocess.run([sys.executable, "-c", COMPILED_BY_CHECKS], capture_output=True, text=True, check=True)

    assert answer.stdout == "0\n"
