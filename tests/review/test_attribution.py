"""Sentences and the facts they rest on."""

from __future__ import annotations

from review.spec.task_spec import Offer
from review.text.grounding.attribution import attribute, sentences
from review.text.grounding.passages import index_passages, written
from tests import pace

FACTS = {
    "trigger": "opened a depot in Rotterdam, 3 May", "size": "1,200 people", "pain": "spoilage claims",
    "domain": "northwind.example", "green": True, "tools": ["spreadsheets", "whiteboard"],
}  # fmt: skip


def found(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(text[each.start : each.end], each.facts) for each in sentences(text, FACTS)]


def test_a_sentence_rests_on_the_fact_whose_words_it_shares() -> None:
    text = "Hi,\n\nYour Rotterdam depot is new. It rains today. Do spoilage claims worry you?"

    assert found(text) == [
        ("Your Rotterdam depot is new.", ("trigger",)),
        ("Do spoilage claims worry you?", ("pain",)),
    ]


def test_numbers_are_the_same_with_and_without_separators() -> None:
    assert found("You are 1200 now.") == [("You are 1200 now.", ("size",))]


def test_lists_are_read_and_addresses_and_flags_are_not() -> None:
    assert found("A whiteboard helps. Northwind is true to its word.") == [("A whiteboard helps.", ("tools",))]


def test_one_shared_word_is_too_little_for_a_long_fact() -> None:
    assert found("We opened a bottle.") == []


def test_offsets_count_code_points() -> None:
    text = "👋🏽 Hello. Spoilage is bad."

    only = sentences(text, FACTS)[-1]

    assert text[only.start : only.end] == "Spoilage is bad."


PAGE = (
    "Northwind runs cold stores in three countries. It was founded by two sisters in 1987. The company opened its "
    "newest depot beside the harbour of Rotterdam in May. Drivers record temperatures by hand on paper forms. The "
    "works council has asked for less overtime during the summer season."
)


def standing(text: str, *, offer: Offer | None = None, **facts: object) -> list[tuple[str, str, tuple[str, ...]]]:
    known = index_passages({**facts}, offer)
    return [(text[each.start : each.end], each.standing, each.facts) for each in attribute(text, known, language="en")]


def test_of_a_long_document_the_sentence_lights_up_and_not_the_whole() -> None:
    text = "Your new depot in Rotterdam must be busy. Paper forms for temperatures cost drivers time."

    assert [refs for _, _, refs in standing(text, page=PAGE)] == [("page.2",), ("page.3",)]


def test_a_claim_that_shares_nothing_is_unsupported_and_courtesies_are_no_claims() -> None:
    text = (
        "Hi {{contact.first_name}},\n\nMost firms lose a tenth of their margin that way. Would a short call help?\n"
        "Please reply by Friday if so.\n\nBest regards,\nYour name"
    )

    assert [(said, kind) for said, kind, _ in standing(text, page=PAGE)] == [
        ("Hi {{contact.first_name}},", "no claim"),
        ("Most firms lose a tenth of their margin that way.", "unsupported"),
        ("Would a short call help?", "no claim"),
        ("Please reply by Friday if so.", "no claim"),
        ("Best regards,", "no claim"),
        ("Your name", "no claim"),
    ]


def test_what_the_offer_claims_supports_a_sentence() -> None:
    offer = Offer(seller="Thermograph", claims=("Cuts spoilage claims by 31 %.",))

    found = standing("We cut spoilage claims by 31 %.", offer=offer, sector="logistics")

    assert found == [("We cut spoilage claims by 31 %.", "supported", ("offer.claims.0",))]


def test_elements_of_a_long_list_are_passages_of_their_own() -> None:
    tools = [f"{word} " * 12 for word in ("spreadsheets", "whiteboards", "thermometers")]

    assert standing("Your whiteboards whiteboards are full of thermometers.", tools=tools)[0][1] == "unsupported"
    assert index_passages({"tools": tools}).of("tools")[1].ref == "tools.1"


def test_offsets_of_passages_count_in_the_fact_as_it_is_written_out() -> None:
    tools = ["one two three " * 6, "four five six " * 6]

    for passage in index_passages({"tools": tools}).of("tools"):
        assert written(tools)[passage.start : passage.end] == tools[int(passage.ref[-1])]


def test_a_megabyte_without_a_full_stop_is_read_in_no_time() -> None:
    known = index_passages({"page": "word " * 200_000})

    with pace.within(1):
        attribute("x" * 20_000, known, language="en")
