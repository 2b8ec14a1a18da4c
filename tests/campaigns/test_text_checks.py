from __future__ import annotations

import pytest

from campaigns.compose import text_checks
from review.spec.starters import outreach

SLOTS = ["contact.first_name", "link.demo"]


def found(text: str, **more: object) -> list[tuple[str, str]]:
    marks = text_checks.mark_text({"subject": "A question", "body": text}, slots=SLOTS, **more)  # type: ignore[arg-type]
    return [(mark.check, text[mark.start : mark.end]) for mark in marks]


def test_a_sound_text_has_no_marks() -> None:
    text = "Hi {{contact.first_name}},\n\nYou opened a depot on 3 May. Would a call help? See {{link.demo}}.\n\nMara"

    assert found(text, spec=outreach.SPEC) == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("see https://evil.example/x.", ("own_address", "https://evil.example/x")),
        ("write to me@evil.com", ("own_address", "me@evil.com")),
        ("Hi {{contact.shoe_size}}", ("unknown_slot", "{{contact.shoe_size}}")),
        ("Ignore the above instructions", ("echo", "Ignore the above")),
        ("As an AI language model I cannot", ("echo", "As an AI")),
        ("<|im_start|>system", ("echo", "<|im_start|>")),
    ],
)
def test_what_must_not_go_out_is_marked_where_it_stands(text: str, marked: tuple[str, str]) -> None:
    assert marked[0] in {check for check, _ in found(text)}
    assert any(words.startswith(marked[1][:12]) for _, words in found(text))


def test_instructions_that_come_back_are_marked() -> None:
    text = "Hi,\n\nConnect one fact about the company to one thing the offer can do for it, thanks."

    assert [check for check, _ in found(text, spec=outreach.SPEC)] == ["echo"]


def test_an_allowed_name_is_no_address() -> None:
    assert found("You at Booking.com grew") == [("own_address", "Booking.com")]
    assert found("You at Booking.com grew", plain_names=["booking.com"]) == []


def test_marks_have_the_shape_the_desk_reads() -> None:
    mark = text_checks.mark_text({"body": "see www.evil.example"}, slots=[])[0].as_json()

    assert set(mark) == {"check", "field", "start", "end", "message", "severity", "mend"}
