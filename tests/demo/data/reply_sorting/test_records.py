"""Replies are balanced and varied, in six languages; a guess does not sort them, and rules decide few of them."""

from __future__ import annotations

from collections import Counter

import pytest

from campaigns.replies import sorting
from demo.data.reply_sorting import LANGUAGES, MEANINGS, REPLY_SORTING, records


def test_each_label_comes_equally_often_and_each_language_with_every_label() -> None:
    pairs = Counter((each.fields["meaning"], each.fields["language"]) for each in records())
    by_language = Counter(each.fields["language"] for each in records())

    assert set(Counter(each.fields["meaning"] for each in records()).values()) == {44}
    assert len(pairs) == len(MEANINGS) * len(LANGUAGES)
    assert min(pairs.values()) >= 4
    assert by_language.most_common(1)[0] == ("English", 153)


@pytest.mark.slow
def test_the_most_frequent_label_is_no_answer_and_rules_decide_what_must_not_wait_alone() -> None:
    tested = [each for each in REPLY_SORTING.records() if REPLY_SORTING.split_of(each) == "test"]
    most = Counter(each.fields["meaning"] for each in tested).most_common(1)[0][1] / len(tested)

    assert len(tested) >= 60
    assert {each.fields["meaning"] for each in tested} == set(MEANINGS)
    assert {each.fields["language"] for each in tested} == set(LANGUAGES.values())
    assert most < 0.25
    decided = [sorting.sort(sorting.received(each.facts["subject"], each.facts["reply"])) for each in tested]
    both = zip(decided, tested, strict=True)
    pairs = [(each.reply_class, true.fields["meaning"]) for each, true in both if each.confidence]
    assert 0.15 < len(pairs) / len(tested) < 0.4
    assert sum(each == true for each, true in pairs) / len(pairs) >= 0.95
    assert {each for each, _ in pairs} == {"unsubscribe", "out_of_office", "machine"}
