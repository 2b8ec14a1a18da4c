"""Text on its way out: whole characters, no part of a stop string, no blank edges."""

from __future__ import annotations

import pytest

from serving.engine.text_stream import StreamDecoder, VisibleText, places_of
from tests.training.engine.conftest import make_tokenizer


@pytest.mark.parametrize("text", ["Grüße, 世界! 🚀 naïve", "plain words only", "é", "👩‍👩‍👧 family"])
def test_pieces_add_up_to_the_text_and_never_hold_half_a_character(text):
    tokenizer = make_tokenizer()
    decoder = StreamDecoder(tokenizer)

    pieces = [decoder.add(token) for token in tokenizer(text)["input_ids"]]

    assert "".join(pieces) + decoder.rest() == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_a_character_that_never_ends_shows_as_unreadable_at_the_end():
    tokenizer = make_tokenizer()
    decoder = StreamDecoder(tokenizer)
    ids = tokenizer("a🚀")["input_ids"]

    pieces = [decoder.add(token) for token in ids[:-1]]

    assert "".join(pieces) == "a"
    assert decoder.rest() == "\ufffd"


@pytest.mark.parametrize("cuts", [1, 2, 3, 5])
def test_a_stop_string_never_shows_in_part_however_text_is_cut(cuts):
    text = "One. Two\n\nEND of it\n\nENOUGH"
    flow = VisibleText(["\n\nEND"])

    pieces = [flow.add(text[at : at + cuts]) for at in range(0, len(text), cuts)]

    assert "".join(pieces) == "One. Two"
    assert flow.is_stopped


def test_what_only_began_like_a_stop_string_shows_in_the_end():
    flow = VisibleText(["ENOUGH"])

    shown = flow.add("Not EN") + flow.add("D") + flow.add(" EN") + flow.end()

    assert shown == "Not END EN"
    assert not flow.is_stopped


def test_blank_edges_are_left_out_and_inner_blanks_kept():
    flow = VisibleText()

    pieces = [flow.add(piece) for piece in ("  \n", " a", "  ", "\n", "b ", " \n")]

    assert pieces == ["", "a", "", "", "  \nb", ""]
    assert flow.end() == ""


def test_the_earliest_of_several_stop_strings_cuts():
    flow = VisibleText(["late", "early"])

    assert flow.add("x early late") == "x"


def test_thinking_is_left_out_piece_by_piece_and_stop_strings_within_it_stop_nothing():
    flow = VisibleText(["END"])

    shown = [flow.add(piece) for piece in ("<th", "ink>\nEND?", "\n</thi", "nk>\n\nHello", " there EN", "D more")]

    assert shown == ["", "", "", "Hello", " there", ""]
    assert flow.is_stopped


def test_thinking_that_the_prompt_opened_is_left_out_up_to_its_end():
    flow = VisibleText(opened="</think>")

    assert [flow.add("So, a mail."), flow.add("</think>\n\nHello"), flow.end()] == ["", "Hello", ""]


def test_an_answer_of_thinking_alone_is_empty():
    flow = VisibleText()

    assert flow.add("<think>On and on") + flow.end() == ""


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Ja, größer", [3, 4, 5, 6, 7]),
        ("Ja", [3]),
        ("größer", [4, 5, 6, 7]),
        ("nowhere", []),
        ("", []),
    ],
)
def test_a_text_is_found_in_the_tokens_that_spell_it(text: str, places: list[int]) -> None:
    """Behind thinking that says the same; a character of two tokens stands with its second,
    and the end of the turn has no text.
    """
    pieces = ["<think>", "Ja", "</think>\n", "Ja,", " gr", "", "ö", "ßer", ""]

    assert places_of(text, pieces) == places


@pytest.mark.parametrize("thinking", [[], ["<think>", "A", "</think>"]])
def test_a_text_is_found_before_the_stop_that_holds_it_too(thinking: list[str]) -> None:
    pieces = [*thinking, "A", "\n", "Answer", ":\nAnswer: B"]
    flow = VisibleText(["\nAnswer:"])

    text = "".join(map(flow.add, pieces))

    assert (text, places_of(text, pieces, flow.cut)) == ("A", [len(thinking)])
