"""Cutting a text at the borders of marks, sentences and slots."""

from __future__ import annotations

from review.text.grounding.attribution import Sentence
from review.text.grounding.spans import cut_spans


def mark(start: int, end: int) -> dict[str, object]:
    return {
        "check": "spam",
        "field": "body",
        "start": start,
        "end": end,
        "message": "m",
        "severity": "error",
        "mend": "",
    }


def test_the_pieces_joined_are_the_text() -> None:
    text = "Hi {{contact.first_name}}, cut costs by 31 % now."
    pieces = cut_spans(text, marks=[mark(27, 40), mark(36, 45)], sentences=[Sentence(26, 48, ("size",))], shown=30)

    assert "".join(piece.text for piece in pieces) == text


def test_a_mark_begins_once_though_it_is_cut_in_pieces() -> None:
    pieces = cut_spans("abcdef", marks=[mark(1, 5)], sentences=[Sentence(3, 6, ("f",))])

    assert [(piece.text, bool(piece.mark), piece.begins_mark) for piece in pieces] == [
        ("a", False, False), ("bc", True, True), ("de", True, False), ("f", False, False),
    ]  # fmt: skip


def test_a_slot_with_a_default_is_shown_whole() -> None:
    pieces = cut_spans("Hi {{a.b|dear reader}}!")

    assert [(piece.text, piece.is_slot) for piece in pieces] == [
        ("Hi ", False),
        ("{{a.b|dear reader}}", True),
        ("!", False),
    ]


def test_slots_and_what_an_inbox_cuts_are_told_apart() -> None:
    pieces = cut_spans("{{a.b}} tail", shown=9)

    assert [(piece.text, piece.is_slot, piece.is_cut) for piece in pieces] == [
        ("{{a.b}}", True, False), (" t", False, False), ("ail", False, True),
    ]  # fmt: skip


def test_marks_outside_the_text_or_without_extent_are_left_out() -> None:
    assert [piece.mark for piece in cut_spans("abc", marks=[mark(0, 0), mark(2, 9)])] == [None]


def test_an_empty_text_has_no_pieces() -> None:
    assert cut_spans("", shown=0) == []


def test_a_sentence_that_rests_on_nothing_is_told_apart_and_begins_once() -> None:
    pieces = cut_spans("It is so. Yes.", marks=[mark(3, 5)], sentences=[Sentence(0, 9, (), "unsupported")])

    assert [(piece.text, piece.is_unsupported, piece.is_stop) for piece in pieces] == [
        ("It ", True, True), ("is", True, False), (" so.", True, False), (" Yes.", False, False),
    ]  # fmt: skip


def test_signs_that_show_nothing_are_named_and_marks_of_direction_are_left_alone() -> None:
    text = "a\u202eb\u200bc \u200fשלום\u0007"

    pieces = cut_spans(text)

    assert "".join(piece.text for piece in pieces) == text
    assert [piece.sign for piece in pieces if piece.sign] == ["RLO", "ZWSP", "U+0007"]
    assert next(piece for piece in pieces if piece.sign).sign_name == "right-to-left override"


def test_ten_thousand_invisible_signs_do_not_make_ten_thousand_pieces() -> None:
    assert len(cut_spans("a\u200b" * 10_000)) < 500
