"""`manage.py sort_replies`: what replies mean, line by line."""

from __future__ import annotations

import gzip
import json
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.replies.parsing.objections import Wish, wish_in
from campaigns.states import ReplyClass

BY_HAND = Path(__file__).parents[1] / "incoming" / "replies_by_hand.txt"
AUTOMATIC = {"machine", "out_of_office"}


def rows(lines):
    """Lines `label|language|text`; a subject may stand before the text, between `S:` and `;;`."""
    for number, line in enumerate(lines):
        label, _, text = line.split("|", 2)
        subject, found, body = text.removeprefix("S:").partition(";;")
        yield (
            label,
            {
                "id": str(number),
                "subject": subject if found else "Re: Planning",
                "body": (body if found else text).replace("\\n", "\n"),
                "headers": {},
            },
        )


def sort(tmp_path, lines, *arguments):
    file = tmp_path / "replies.jsonl"
    file.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    out = StringIO()
    call_command("sort_replies", str(file), "--json", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.slow
def test_replies_written_by_hand_are_sorted_well_enough(tmp_path):
    labels, given = zip(*rows(BY_HAND.read_text().splitlines()), strict=True)

    said = sort(tmp_path, given)

    pairs = list(zip(labels, (each["class"] for each in said), strict=True))
    wishes = [each for label, each in zip(labels, said, strict=True) if label == "unsubscribe"]
    assert all(each["class"] == "unsubscribe" or each["may_be_optout"] for each in wishes)
    assert len(pairs) >= 280
    assert sum(label == answer for label, answer in pairs) / len(pairs) >= 0.7
    assert ("interested", "unsubscribe") not in pairs
    assert sum((label in AUTOMATIC) == (answer in AUTOMATIC) for label, answer in pairs) / len(pairs) >= 0.95


def test_programs_are_told_by_their_headers_and_the_writer_is_named(tmp_path):
    mails = [
        {"id": 1, "subject": "Hello", "body": "Hello", "headers": {"Auto-Submitted": "auto-replied"}},
        {"id": 2, "subject": "Hello", "body": "I am away.", "headers": {"Auto-Submitted": "auto-replied"}},
        {
            "id": 3,
            "subject": "x",
            "body": "x",
            "headers": {"Content-Type": "multipart/report; report-type=delivery-status"},
        },
        {"id": 4, "subject": "Re: x", "body": "Please unsubscribe me", "headers": {}},
        {"id": 5, "subject": "Re: x", "body": "Is the pilot free?"},
    ]

    answers = sort(tmp_path, mails)

    assert [each["class"] for each in answers] == ["machine", "out_of_office", "machine", "unsubscribe", "question"]
    assert [each["by"] for each in answers] == ["rules"] * 4 + ["reply_sorter"]
    assert all(0 < each["confidence"] < 1 for each in answers)
    assert {tuple(each) for each in answers} == {("id", "class", "confidence", "is_sure", "may_be_optout", "by")}
    assert {each["by"] for each in sort(tmp_path, mails, "--rules")} == {"rules"}


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "Line 2 is not JSON"),
        ('{"id": 1}\n', "Line 2: expected"),
        ('{"id": 1, "body": 3}\n', "Line 2: id, subject and body"),
        ('{"id": 1, "body": "x", "headers": {"A": 1}}\n', "Line 2: headers"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_printed(tmp_path, bad, told):
    out = StringIO()
    (tmp_path / "bad.jsonl").write_text(f'{{"id": 0, "body": "x"}}\n{bad}')

    with pytest.raises(CommandError, match=told):
        call_command("sort_replies", str(tmp_path / "bad.jsonl"), "--json", "--rules", stdout=out)

    assert out.getvalue() == ""


def test_keys_that_are_not_known_are_passed_over(tmp_path):
    line = {"id": 1, "body": "Please remove me from your list", "language": "en", "gold": {"class": "unsubscribe"}}

    [answer] = sort(tmp_path, [line], "--rules")

    assert answer == {
        "id": 1, "class": "unsubscribe", "confidence": 0.99, "is_sure": True, "may_be_optout": False, "by": "rules",
    }  # fmt: skip


def test_the_classes_are_those_of_the_demos_task():
    from demo.data.reply_sorting import MEANINGS

    assert set(ReplyClass.values) == set(MEANINGS)


@pytest.mark.slow
@pytest.mark.outside_data
def test_real_mails_that_ask_for_something_else_are_no_wish_to_leave(outside_data):
    with gzip.open(outside_data / "emails" / "email_intent.jsonl.gz", "rt") as file:
        texts = [json.loads(line)["text"] for line in file]

    assert sum(wish_in(text) is Wish.PLAIN for text in texts) <= 8


def test_a_tuned_miniature_without_torch_is_refused_with_the_way_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(CommandError, match=r"miniatures\[training\]"):
        sort(tmp_path, [{"id": 1, "body": "Thanks, call me."}], "--miniature", str(tmp_path))
