"""Thinking never reaches a field: whole answers, answers piece by piece, and all the ways they go wrong."""

from __future__ import annotations

import pytest

from review.spec import prompting
from review.spec.starters import STARTERS
from review.spec.thinking import TAGS, ThinkingFilter, open_end, without_thinking

TASK = STARTERS["outreach"].spec
MAIL = "Subject: A depot\n\nHi there, it opens soon."


@pytest.mark.parametrize(("start", "end"), TAGS.items())
def test_a_block_before_the_answer_is_no_part_of_it_however_it_is_spelled(start, end):
    assert without_thinking(f"{start}\nWho asks? A depot.\n{end}\n\n{MAIL}") == MAIL


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>\n\n</think>\n\nHello", "Hello"),
        ("I should greet.\n</think>\n\nHello", "Hello"),
        ("<think>It never ends", ""),
        ("<think>one</think>", ""),
        ("<think>one</think><think>two</think>Hello", "Hello"),
        ("Hello <think>more?</think>there", "Hello there"),
        ("Hello<think>", "Hello"),
        ("<reasoning>short</reasoning>Hello", "Hello"),
        ("Hello, <reasoning>is a word</reasoning> of mine", "Hello, <reasoning>is a word</reasoning> of mine"),
        ("2 < 3 and [THIS] is <thin>", "2 < 3 and [THIS] is <thin>"),
    ],
)
def test_what_is_left_of_an_answer(text, left):
    assert without_thinking(text) == left


@pytest.mark.parametrize(
    "text", ["<think>\nSo?\n</think>\n\nHello <b>there</b>", "Hello <think>x</think>there <", "[TH"]
)
def test_pieces_come_to_the_same_as_the_whole(text):
    reader = ThinkingFilter()

    pieces = [reader.add(letter) for letter in text]

    assert ("".join(pieces) + reader.end()).strip() == without_thinking(text)


def test_nothing_of_a_tag_is_shown_before_it_is_known_to_be_none():
    reader = ThinkingFilter()

    assert [reader.add(piece) for piece in ("<thi", "nk>So", "</thi", "nk>Hi")] == ["", "", "", "Hi"]


def test_a_prompt_that_opens_thinking_is_told_from_one_that_closed_it():
    assert open_end("user: hi\nassistant: <think>\n") == "</think>"
    assert open_end("assistant: <think>\n\n</think>\n\n") == ""
    assert open_end("assistant: ") == ""


def test_fields_are_read_from_behind_the_thinking():
    assert prompting.parse(TASK, f"<think>\nA mail.\n</think>\n\n{MAIL}") == prompting.parse(TASK, MAIL)


def test_an_answer_of_thinking_alone_says_so():
    with pytest.raises(prompting.CompletionError, match="thinking alone"):
        prompting.parse(TASK, "<think>I never came to the mail")
