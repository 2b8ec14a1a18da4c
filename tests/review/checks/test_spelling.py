"""The check of spelling: what it marks, what it lets pass, and how many words and non-words it counts."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from review.spec.schema import InputField, Label, OutputField, OutputItem
from review.spec.starters import outreach
from review.spec.task_spec import Check, TaskSpec
from review.text import checks
from review.text.checks import runner, spelling
from review.text.spelling import lexicon, nonwords
from tests import pace

SPEC = outreach.SPEC.model_copy(update={"checks": (Check(kind="spelling"),)})
FACTS = {"company": "Veskwell Boats", "product": "zerbic keels", "city": "Gdansk"}


def marked(body: str, spec: TaskSpec = SPEC, facts: dict[str, Any] = FACTS) -> list[str]:
    found = checks.run(spec, facts, {"subject": "A plan", "body": body})
    return [body[mark.start : mark.end] for mark in found]


def test_words_that_are_none_are_marked_where_they_stand() -> None:
    assert marked("In baysy keeps. Your work in choid for those who plan with a aot of planning.") == [
        "baysy", "choid", "aot",
    ]  # fmt: skip


def test_a_mark_names_the_word_and_the_language_and_is_a_warning() -> None:
    (mark,) = checks.run(SPEC, FACTS, {"subject": "A plan", "body": "Your work in choid."})

    assert mark.message == "'choid' is not in the English dictionary, the facts or the task"
    assert (mark.check, mark.field, mark.severity) == ("spelling", "body", "warning")


def test_words_of_the_facts_the_task_and_the_offer_are_known() -> None:
    spec = SPEC.model_copy(update={
        "guideline": "Speak of the flomboard.",
        "offer": SPEC.offer.model_copy(update={"claims": ("Quirnal planning takes a day.",)}),
    })  # fmt: skip

    assert marked("Your zerbic keels, with quirnal planning on the flomboard and the zerbics.", spec) == []
    assert marked("Your zerbic keels, with quirnal planning on the flomboard.", facts={}) == [
        "zerbic", "quirnal", "flomboard",
    ]  # fmt: skip


@pytest.mark.parametrize("text", [
    "Hi {{contact.first_name}}, the [Naem] of it.", "See https://exmple.org/abuot or www.tset.example.",
    "Write to infoo@exmple.org.", "Part XKQ-77b in 3rd or v2 of 12kg.", "An ASAPX from GitHub, on iPhones.",
    "Met with Xaviero Brzenk and Teltow Quirling.", "Open notes.txxt in C:\\\\Usrs.",
    "That's the teams' plan, isn't it?", "The well-behaved pre-sales colour centre optimises behaviour.",
    "Zyntha, a word from you would help.", "Dr. Kingyping asked for it.", "The depot in St. Kingyping is new.",
])  # fmt: skip
def test_names_codes_addresses_slots_and_inflections_are_let_pass(text: str) -> None:
    assert marked(text) == []


def test_a_first_word_is_looked_at_where_it_goes_on_in_small_letters() -> None:
    assert marked("Kingyping is what it takes. Kingyping Ltd is a name.") == ["Kingyping"]


def test_a_text_in_another_language_gets_one_mark() -> None:
    body = (
        "Guten Tag, wir würden gerne wissen, wann die Lieferung kommt und welche Unterlagen dafür noch gebraucht "
        "werden."
    )

    (mark,) = checks.run(SPEC, FACTS, {"subject": "A plan", "body": body})

    assert (mark.start, mark.end) == (0, 0)
    assert "words are not English" in mark.message


def test_it_is_silent_in_languages_without_a_list() -> None:
    polish = SPEC.model_copy(update={"language": "pl"})

    assert not checks.knows("spelling", "pl")
    assert marked("Zupelnie inne slowwa.", polish) == []
    assert checks.spelled(polish, FACTS, {"subject": "", "body": "slowwa"}) is None


def test_lists_and_parts_are_read_and_quotes_are_not() -> None:
    spec = TaskSpec(
        instruction="Say it.",
        input_schema=(InputField(name="page"),),
        output_schema=(
            OutputField(name="kind", type="choice", labels=(Label(name="florp"), Label(name="other"))),
            OutputField(name="tags", type="list"),
            OutputField(name="claims", type="list", items=(OutputItem(name="text"),
                OutputItem(name="words", type="quote"))),
        ),
        checks=(Check(kind="spelling"),),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )  # fmt: skip
    draft = {"kind": "florp", "tags": ["a florp", "wibbert"], "claims": [{"text": "The aot", "words": "glorbed"}]}

    assert [mark.field for mark in checks.run(spec, {}, draft)] == ["tags.1", "claims.0.text"]
    assert checks.spelled(spec, {}, draft) == (5, 2)


@pytest.mark.slow
def test_letters_may_be_written_in_two_ways_and_be_parted_by_soft_hyphens() -> None:
    written = unicodedata.normalize("NFD", "une équipe très présente, une équixpe")
    text = f"{written}, une pré\u00adsen\u00adta\u00adtion"

    spelled = nonwords.read(text, "fr", frozenset())

    assert [text[start:end] for start, end in spelled.nonwords] == [unicodedata.normalize("NFD", "équixpe")]
    assert spelled.words == 8


@pytest.mark.parametrize(("text", "language"), [
    ("avec l'omniboardx et qu'omniboardx, d\u2019omniboardxs", "fr"), ("con l'omniboardx e dell'omniboardx", "it"),
])  # fmt: skip
def test_a_known_word_is_known_after_an_elision(text: str, language: str) -> None:
    assert nonwords.read(text, language, frozenset({"omniboardx"})).nonwords == []
    assert len(nonwords.read(text, language, frozenset()).nonwords) >= 2


def test_words_of_facts_and_task_are_not_put_together_for_each_passage() -> None:
    class Words(frozenset[str]):
        def __ror__(self, other: object) -> Any:
            raise AssertionError("a third set is made")

    spec = SPEC.model_copy(update={"checks": ()})
    passage = next(runner._passages(spec, {"subject": "A plan", "body": "The zerbic aot."}, runner.Evidence(
        runner._prepared(spec).support, FACTS
    )))  # fmt: skip

    assert spelling.of_text(passage, spec, Words({"plan"})).nonwords == []


def test_words_are_counted_whether_or_not_the_task_checks_its_spelling() -> None:
    unchecked = SPEC.model_copy(update={"checks": ()})

    assert checks.spelled(unchecked, FACTS, {"subject": "A choid", "body": "Baysy keeps 3 of x42."}) == (5, 2)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("written", [
    "xy", "x.", "X ", "{{a", "[", "<", "&a", "a'", "1", "a1 ", "Ab cd. ", "_", "@", "-", "www.", "Die Xyqq ", " \t",
    "é", "e\u0301", "a\u00ad", "\u00ad", "e\u0301\u0323",
])  # fmt: skip
def test_a_text_of_half_a_megabyte_is_read_in_one_go(written: str) -> None:
    text = written * (500_000 // len(written))
    # A second for both; minutes, where each character begins a search of its own.
    with pace.within(20):
        for language in ("en", "de"):
            nonwords.read(text, language, frozenset())


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("part", "language"), [("grauweiß", "de"), ("egels", "de"), ("engelst", "nl")])
def test_the_longest_words_are_taken_apart_in_little_time(part: str, language: str) -> None:
    ends = [f"{first}{second}q" for first in "bcdfghjklmnpqr" for second in "bcdfghjklmnpqrstvwx"]

    # Half a second for all; minutes, where each part is taken apart again for each way to come to it.
    with pace.within(5):
        for end in ends:
            lexicon.is_word((part * 15)[:57] + end, language)
            lexicon.is_word(end + (part * 15)[:57], language)


@pytest.mark.parametrize(("word", "language", "is_one"), [
    ("grauweiß" * 7, "de", True), ("lieferterminplanung", "de", True), ("arbeitszeitmodell", "de", True),
    ("lieferterminplxnung", "de", False), ("abcd" + "zeitmodell", "de", False),
    ("werktijdregeling", "nl", True), ("werktijdregxling", "nl", False),
])  # fmt: skip
def test_compounds_are_words_where_all_their_parts_are(word: str, language: str, is_one: bool) -> None:
    assert lexicon.is_word(word, language) is is_one


def test_a_mark_shows_the_beginning_of_an_endless_word() -> None:
    (mark,) = checks.run(SPEC, FACTS, {"subject": "A plan", "body": f"Your work in {'choid' * 1_000}."})

    assert mark.end - mark.start == 5_000
    assert len(mark.message) < 150
