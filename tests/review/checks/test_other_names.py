"""Names of several words of which one is another than in the facts, and what only looks like them."""

from __future__ import annotations

import pytest

from review.text import checks
from tests.review.checks.test_checks import FACTS, spec_with


def test_a_name_with_one_word_of_another_is_marked_beside_the_right_one() -> None:
    text = "We saw the Early Bird Plan. Your Cold Chain Bird is fine."
    facts = FACTS | {"trigger": "launched the Early Bird Offer, a plan"}

    found = checks.run(spec_with("unsupported"), facts, {"subject": "A plan", "body": text})

    assert [text[mark.start : mark.end] for mark in found] == ["Early Bird Plan"]
    assert "early bird offer" in found[0].message


@pytest.mark.parametrize(
    "text",
    [
        "At Acme Robotics it matters.", "For Acme Robotics it matters.", "Does Acme Robotics plan more?",
        "The Acme Team did well.", "Would Acme Tuesday work?", "Lyon and Dana grew.",
    ],
)  # fmt: skip
def test_words_around_a_name_make_no_other_name_of_it(text: str) -> None:
    facts = FACTS | {"trigger": "The Acme Robotics team met Lyon and Northwind. Dana grew."}

    found = checks.run(spec_with("unsupported"), facts, {"subject": "A plan", "body": text})

    assert [text[mark.start : mark.end] for mark in found] == []


@pytest.mark.parametrize(
    ("fact", "right", "wrong"),
    [
        ("met José Muñoz", "Jose Munoz", "Jose Nunez"), ("met José Muñoz", "José Munoz", "Pedro Munoz"),
        ("met Jürgen Groß", "Juergen Gross", "Juergen Grass"), ("met Soren Kjaer", "Søren Kjær", "Søren Krog"),
        ("met Siobhan O'Brien", "Siobhan O\u2019Brien", "Siobhan O\u2019Bryan"),
        ("moved to 2 Mill Road", "Mill Rd", "Mile Rd"), ("moved to Dorfstr. 2, Zürich", "Zurich, Dorfstrasse", "Zug"),
        ("had error E-1043", "E1043", "E1034"),
    ],
)  # fmt: skip
def test_a_name_in_another_spelling_is_the_same_and_another_name_is_not(fact: str, right: str, wrong: str) -> None:
    found = [
        checks.run(spec_with("unsupported"), FACTS | {"trigger": fact}, {"subject": "A plan", "body": f"About {name}."})
        for name in (right, wrong)
    ]

    assert [bool(marks) for marks in found] == [False, True]


def test_an_ordinary_word_that_opens_a_sentence_makes_no_other_name() -> None:
    facts = FACTS | {"trigger": "Open Boards and press Share. Acme Robotics has Reports."}
    text = "Open Reports and press Share."

    found = checks.run(spec_with("unsupported"), facts, {"subject": "A plan", "body": text})

    assert [text[mark.start : mark.end] for mark in found] == []


@pytest.mark.parametrize(
    ("company", "text", "is_named"),
    [
        ("C# Works", "At C# works", True), ("C# Works", "At C++ works", False), ("C++ Works", "At C works", False),
        ("Acme-Works", "#Acme works, all", True), ("\u0915\u093f", "\u0915\u093e \u0939\u0948", False),
        ("\u0915\u093f", "\u0915\u093f!", True),
    ],
)  # fmt: skip
def test_signs_and_marks_are_part_of_a_companys_name(company: str, text: str, is_named: bool) -> None:
    fields = {"subject": "A plan", "body": text}

    assert bool(checks.run(spec_with("names_company"), {**FACTS, "company": company}, fields)) != is_named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Peter signed the deal.", ["Peter"]), ("We met. Peter's team agreed.", ["Peter's"]),
        ("Peter Lindqvist signed.", ["Peter"]), ("Karl-Otto and Petra signed.", ["Karl-Otto"]),
        ("Peter, we saw it.", ["Peter"]), ("We met Peter.", ["Peter"]),
        ("Petra signed the deal.", []), ("Petra's team agreed.", []),
        ("Max load is fine.", []), ("Cheers\nPeter", []), ("Kind regards\nPeter.", []),
    ],
)  # fmt: skip
def test_a_given_name_that_the_facts_lack_is_marked_at_the_beginning_of_a_sentence(text: str, found: list[str]) -> None:
    facts = FACTS | {"trigger": "Petra Lindqvist signed a deal"}

    marks = checks.run(spec_with("unsupported"), facts, {"subject": "A plan", "body": text})

    assert [text[mark.start : mark.end] for mark in marks] == found
