"""Replies are balanced and varied, in six languages; a guess does not sort them, and rules decide few of them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from campaigns.replies import sorting
from campaigns.replies.parsing.quotations import own_text
from demo.data.reply_sorting import REPLY_SORTING
from demo.data.reply_sorting.records import phrases, records, replies
from demo.data.reply_sorting.spec import LANGUAGES, MEANINGS

LOOSE_ENDS = re.compile(r"[\[\]{}|]")


def test_each_label_comes_equally_often_and_each_language_with_every_label() -> None:
    pairs = Counter((each.fields["meaning"], each.fields["language"]) for each in records())
    by_language = Counter(each.fields["language"] for each in records())

    assert set(Counter(each.fields["meaning"] for each in records()).values()) == {44}
    assert len(pairs) == len(MEANINGS) * len(LANGUAGES)
    assert min(pairs.values()) >= 4
    assert by_language.most_common(1)[0] == ("English", 153)


def test_no_two_replies_are_the_same() -> None:
    assert len({each.facts["reply"] for each in records()}) == len(records())


def test_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    first = [each.facts["reply"] for each in records()]
    records.cache_clear()
    replies.cache_clear()

    assert [each.facts["reply"] for each in records()] == first
    assert [each.facts["reply"] for each in records(7)] != first


@pytest.mark.parametrize("seed", [2026, 1, 2, 3])
def test_every_choice_is_made_and_every_slot_filled(seed: int) -> None:
    assert not [
        text for each in records(seed) if LOOSE_ENDS.search(text := own_text(each.facts["reply"]).split("[")[0])
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_has_several_constructions(language: str) -> None:
    constructions = phrases(language).constructions

    assert constructions.keys() == MEANINGS.keys()
    assert all(len(set(texts)) == len(texts) >= 4 for texts in constructions.values())


@pytest.mark.slow
def test_the_most_frequent_label_is_no_answer_and_rules_decide_what_must_not_wait_alone() -> None:
    tested = REPLY_SORTING.held_out()
    most = Counter(each.fields["meaning"] for each in tested).most_common(1)[0][1] / len(tested)

    assert len(tested) >= 60
    assert {each.fields["meaning"] for each in tested} == set(MEANINGS)
    assert {each.fields["language"] for each in tested} == set(LANGUAGES.values())
    assert most < 0.25
    decided = [sorting.by_rules(sorting.received(each.facts["subject"], each.facts["reply"])) for each in tested]
    pairs = [(each.reply_class, true.fields["meaning"]) for each, true in zip(decided, tested, strict=True) if each]
    assert 0.15 < len(pairs) / len(tested) < 0.4
    assert sum(each == true for each, true in pairs) / len(pairs) >= 0.95
    assert {each for each, _ in pairs} == {"unsubscribe", "out_of_office", "machine"}
