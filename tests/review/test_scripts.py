"""Texts without blanks between words are compared by the character; all others by the words they always were."""

from __future__ import annotations

import random
import re

import pytest

from evaluation.metrics.baselines import Example, NearestGold
from review.spec.starters import outreach
from review.text import edits, scripts
from review.text.search.words import folded
from tests.review import near_pairs

PIECES = [
    "Évry",
    "snake_case",
    "it's",
    "e-mail",
    "42",
    "Straße",
    "Привет",
    "창고는",
    "שלום",
    "d\u0301ja",
    "—",
    "3.5%",
    "\n",
    "Ñandú",
    "_",
]


@pytest.mark.parametrize("seed", range(5))
def test_words_of_scripts_with_blanks_are_runs_of_letters_and_digits(seed: int) -> None:
    text = " ".join(random.Random(seed).choices(PIECES, k=40))

    assert scripts.words(text) == re.findall(r"\w+", text)
    assert scripts.words(f"{text} 倉") == [*re.findall(r"\w+", text), "倉"]


def test_characters_of_scripts_without_blanks_are_words() -> None:
    assert scripts.words("倉庫はOslo42で") == ["倉", "庫", "は", "Oslo42", "で"]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (
            "東京の新しい倉庫は来月の初めに開きますので、今週中に一度お電話をいただければ幸いです。どうぞよろしくお願いいたします。",
            "来月",
            "今月",
        ),
        ("คลังสินค้าใหม่ในกรุงเทพจะเปิดในเดือนหน้าและเราอยากคุยกับคุณเรื่องการขนส่งสินค้าในสัปดาห์นี้", "หน้า", "นี้"),
    ],
    ids=["Japanese", "Thai"],
)
def test_one_word_changed_in_a_text_without_blanks_is_a_small_change(text: str, old: str, new: str) -> None:
    changed = text.replace(old, new, 1)

    before, after = ({"subject": "", "body": body} for body in (text, changed))
    assert near_pairs.pairs([text, changed, text[::-1]]) == [(0, 1)]
    assert edits.measure(outreach.SPEC, {}, before, after).size < 0.15


def test_the_nearest_gold_is_found_by_characters() -> None:
    golds = [Example({"company": company}, {"body": company}) for company in ("大阪鉄道株式会社", "東京倉庫株式会社")]

    assert NearestGold(golds).nearest({"company": "東京倉庫"}, 1) == golds[1:]


def test_a_word_within_a_thai_sentence_is_indexed_in_its_order() -> None:
    sentence, word = folded("เปิดคลังสินค้าใหม่"), folded("สินค้า")

    places = range(len(sentence) - len(word) + 1)
    assert any(sentence[at : at + len(word)] == word for at in places)
