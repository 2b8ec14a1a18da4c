"""How rightly replies are sorted that another hand wrote: 240 in six languages,
from which no rule and no weight was made.

Of them only the nine wishes that were not heeded at first have been looked at. Who mends a rule does not read the rest.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings

from campaigns.replies import sorting, word_sorter
from campaigns.replies.sorting import SortedReply
from campaigns.states import NO_REPLIES, ReplyClass

JUDGING = [json.loads(line) for line in Path(__file__).with_name("judging.jsonl").read_text("utf-8").splitlines()]
Read = list[tuple[ReplyClass, SortedReply]]


@pytest.fixture(scope="module")
def read() -> Read:
    replies = [sorting.received(each["subject"], each["body"], each["headers"]) for each in JUDGING]
    answers = word_sorter.load(settings.REPLY_SORTER_DIR).ask(replies)
    return [
        (ReplyClass(each["class"]), sorting.sort(reply, probabilities=shares, by="sorter"))
        for each, reply, shares in zip(JUDGING, replies, answers, strict=True)
    ]


def share_right(read: Read) -> float:
    return sum(answer.reply_class == true for true, answer in read) / len(read)


def test_no_wish_to_leave_is_passed_over(read: Read) -> None:
    wishes = [answer for true, answer in read if true == ReplyClass.UNSUBSCRIBE]

    assert len(wishes) == 48
    assert all(each.reply_class == ReplyClass.UNSUBSCRIBE or each.may_be_optout for each in wishes)


def test_nobody_who_did_not_ask_for_it_is_suppressed_and_few_are_held(read: Read) -> None:
    others = [answer for true, answer in read if true not in (ReplyClass.UNSUBSCRIBE, *NO_REPLIES)]

    assert not [each for each in others if each.reply_class == ReplyClass.UNSUBSCRIBE]
    assert sum(each.may_be_optout for each in others) / len(others) <= 0.08


def test_programs_are_told_from_people(read: Read) -> None:
    apart = [(true in NO_REPLIES) == (answer.reply_class in NO_REPLIES) for true, answer in read]

    assert sum(apart) / len(apart) >= 0.95


def test_what_counts_as_sure_is_right(read: Read) -> None:
    sure = [each for each in read if each[1].is_sure]

    assert len(sure) / len(read) >= 0.5
    assert share_right(sure) >= 0.95
    assert share_right(read) >= 0.7
