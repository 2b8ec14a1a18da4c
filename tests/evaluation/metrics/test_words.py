"""Words that overlap is counted in: rouge-score's own in plain English, and every other script too."""

from __future__ import annotations

import random
import unicodedata

import pytest
from rouge_score.rouge_scorer import RougeScorer

from evaluation.engine.outputs import ReferenceScorer
from evaluation.metrics.words import distinct, words

TEXTS = {
    "Russian": "Привет, мир! Склад открыт.",
    "Japanese": "倉庫は五月に開きます。",
    "Chinese": "仓库五月开放",
    "Greek": "Καλημέρα, αποθήκη",
    "Hindi": "गोदाम मई में खुलेगा",
    "Thai": "คลังสินค้าเปิดเดือนพฤษภาคม",
    "Arabic": "يفتح المستودع في مايو",
    "Korean": "창고는 오월에 문을 엽니다",
    "French": "L'entrepôt ouvre déjà à Évry",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_overlaps_wholly_with_itself_and_not_with_another(text):
    scores = ReferenceScorer()

    assert scores.scores(text, text)["rouge_l"] == 1.0
    assert scores.scores(text, "Nothing in common")["rouge_l"] == 0.0


def test_words_keep_their_accents_however_these_are_written():
    assert words("Évry, déjà") == ["évry", "déjà"]
    assert words(unicodedata.normalize("NFD", "Évry, déjà")) == ["évry", "déjà"]
    assert words("गोदाम मई") == ["गोदाम", "मई"]


def test_scripts_without_blanks_are_read_by_character_and_others_beside_them_by_word():
    assert words("倉庫はOslo42で") == ["倉", "庫", "は", "oslo42", "で"]


def test_half_of_the_characters_in_order_are_half_of_the_score():
    assert ReferenceScorer().scores("開く日", "開閉日曜")["rouge_l"] == pytest.approx(
        2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    )


def test_plain_english_is_scored_as_rouge_score_does():
    plain, scores, dice = RougeScorer(["rougeL"], use_stemmer=False), ReferenceScorer(), random.Random(7)
    parts = ["Hi", "there,", "it's", "42", "e-mail", "snake_case", "(yes)", "END.", "a", "the", "$3.50", "\n", "--"]

    for _ in range(50):
        one, other = (" ".join(dice.choices(parts, k=12)) for _ in range(2))
        assert scores.scores(one, other)["rouge_l"] == plain.score(other, one)["rougeL"].fmeasure


def test_outputs_without_blanks_are_told_apart_by_their_characters():
    assert distinct(["倉庫は開く", "倉庫は開く"], 2) == 0.5
