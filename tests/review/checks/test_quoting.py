"""Quotes have places: found in the facts, drawn there, exported, checked and scored."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from django.template.loader import render_to_string

from evaluation.metrics import typed
from members.models import Member
from review.datasets.exports import RAW_SCHEMA, JudgedDraft, raw_row
from review.desk.cards.assembly import card_to_read
from review.spec.schema import InputField, OutputField, OutputItem
from review.spec.task_spec import Check, TaskSpec
from review.text import checks
from review.text.grounding import quoting
from review.text.grounding.passages import written
from review.text.grounding.quoting import QuotePlace
from tests.review import factories

PASSAGE = "The line opens in May.\n  Two ships  carry\f180 cars each. Café included; two ships wait."
FACTS = {
    "claim": "There is room for 180 cars.",
    "passage": PASSAGE,
    "tags": ["ferry", "red hull"],
    "talk": [{"role": "user", "content": "When does it open?"}, {"role": "agent", "content": "It opens in May."}],
}


def spec(*, source: str = "passage", required: bool = True) -> TaskSpec:
    return TaskSpec(
        instruction="Is it so?",
        input_schema=(
            InputField(name="claim", role="title"),
            InputField(name="passage", type="document"),
            InputField(name="tags", type="list"),
            InputField(name="talk", type="conversation"),
        ),
        output_schema=(
            OutputField(name="supported", type="boolean"),
            OutputField(name="words", type="quote", source=source, required=required),
        ),
        checks=(Check(kind="quotes"),),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )


def said(quote: str) -> dict[str, Any]:
    return {"supported": True, "words": quote}


def messages(quote: str, of: TaskSpec) -> list[str]:
    return [mark.message for mark in checks.run(of, FACTS, said(quote)) if mark.check == "quotes"]


@pytest.mark.parametrize(("quote", "text", "span"), [
    ("two ships", "One. two  ships\nthree", (5, 15)),
    ("“two ships”", "two ships", (0, 9)),
    ("cafe\u0301 in", "a café in", (2, 9)),
    ("café in", "a cafe\u0301 in", (2, 10)),
    ("Two ships", "two ships", None),
    ("two", "", None),
    ("  ", "two", None),
    ("a.c", "abc", None),
])  # fmt: skip
def test_a_quote_is_found_letter_by_letter_however_blanks_run(quote: str, text: str, span: Any) -> None:
    assert quoting.find(quote, text) == span


@pytest.mark.parametrize(
    "value", ["plain", ["a", "b c"], {"x": "a", "y": ["b", None, True, 3]}, [], {}, 12, None, True]
)
def test_parts_of_a_fact_stand_where_the_page_writes_them(value: Any) -> None:
    whole = written(value)

    assert all(whole[part.at :].startswith(part.text) for part in quoting.fact_texts("fact", value))


def test_a_quote_without_a_source_is_found_in_parts_of_facts() -> None:
    places = [
        quoting.places(spec(source="").output_schema, FACTS, said(words)) for words in ("red hull", "opens in May.")
    ]

    assert [place.as_json() for [place] in places] == [
        {"path": "words", "fact": "tags.1", "start": 0, "end": 8},
        {"path": "words", "fact": "passage", "start": 9, "end": 22},
    ]


def test_a_claims_quote_is_looked_for_at_its_address_first() -> None:
    schema = (OutputField(name="claims", type="list", items=(OutputItem(name="quote"), OutputItem(name="url"))),)
    facts = {
        "one": "Same words.",
        "one_url": "https://a.example",
        "two": "Same words.",
        "two_url": "https://b.example/",
    }
    fields = {"claims": [{"quote": "Same words", "url": "https://b.example"}, {"quote": "Same", "url": ""}]}

    assert [(place.path, place.fact) for place in quoting.places(schema, facts, fields)] == [
        ("claims.0.quote", "two"), ("claims.1.quote", "one"),
    ]  # fmt: skip


@pytest.mark.parametrize(("quote", "source", "expected"), [
    ("Two ships carry 180 cars", "passage", []),
    ("Two ships carry 190 cars", "passage", ["Not found letter by letter in passage"]),
    ("red hull", "passage", ["These words are in tags, not in passage"]),
    ("red hull", "", []),
    ("red hulls", "", ["Not found letter by letter in the facts"]),
])  # fmt: skip
def test_the_check_asks_whether_a_quote_stands_in_its_fact(quote: str, source: str, expected: list[str]) -> None:
    assert messages(quote, spec(source=source)) == expected


def test_an_optional_quote_may_be_missing() -> None:
    assert messages("", spec(required=False)) == []


GOLD = said("Two ships carry 180 cars each")
SCORED = [
    (GOLD, (1.0, 1.0)),
    (said("180 cars each"), (1.0, 2 * 13 / (13 + 30))),
    (said("The line opens in May."), (0.0, 0.0)),
    (said("Three ships"), (0.0, 0.0)),
    (said(""), (0.0, 0.0)),
    (None, (0.0, 0.0)),
]


@pytest.mark.parametrize(("fields", "expected"), SCORED)
def test_a_quote_is_scored_by_the_characters_it_shares_with_the_golds(
    fields: Any, expected: tuple[float, float]
) -> None:
    scores = typed.quote_scores(spec(), FACTS, fields, GOLD)

    assert (scores["quoted_words"], scores["quote_f1_words"]) == pytest.approx(expected)
    assert typed.is_share("quoted_words") and not typed.is_share("quote_f1_words")


def test_no_quote_against_none_is_right_and_a_gold_that_stands_nowhere_tells_nothing() -> None:
    assert typed.quote_scores(spec(), FACTS, said(""), said("")) == {"quoted_words": 1.0, "quote_f1_words": 1.0}
    assert typed.quote_scores(spec(), FACTS, GOLD, said("No such words")) == {}
    assert typed.quote_scores(factories.plain_spec(), FACTS, {"reply": "x"}, {"reply": "x"}) == {}


def test_what_stands_nowhere_lessens_the_overlap() -> None:
    place = QuotePlace("words", "passage", 0, 10)

    assert quoting.overlap([place], [place], strays=20) == 0.5


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["passage", ""])
def test_the_card_marks_where_a_fact_stands_that_quotes_another(source: str, admin: Member) -> None:
    excerpt = InputField(name="excerpt", type="quote", source=source)
    of_task = spec(required=False).model_copy(update={"input_schema": (*spec().input_schema, excerpt)})
    task = factories.make_task(by=admin, spec=of_task)
    [record] = factories.make_records(factories.make_source(task), 1)
    record.facts = FACTS | {"excerpt": "“Two ships carry 180 cars”"}
    record.save()
    [draft] = factories.make_drafts(task, [record], fields=[said("")])
    draft.words = 1

    card = card_to_read(draft, etag="1")

    marked = {
        fact.name: "".join(piece.text for piece in fact.pieces if piece.is_quoted)
        for fact in card.facts
        if any(piece.is_quoted for piece in fact.pieces)
    }
    assert marked == {"passage": "Two ships  carry\f180 cars"}


@pytest.mark.django_db
def test_the_card_marks_in_the_facts_what_is_quoted(admin: Member) -> None:
    task = factories.make_task(by=admin, spec=spec(source=""))
    record, other = factories.make_records(factories.make_source(task), 2)
    for each in (record, other):
        each.facts = FACTS
        each.save()
    drafts = factories.make_drafts(task, [record, other], fields=[said("carry 180 cars"), said("When does it")])

    first, second = (card_to_read(draft, etag="1") for draft in drafts)

    page = next(fact for fact in first.facts if fact.name == "passage")
    assert "".join(piece.text for piece in page.pieces if piece.is_quoted) == "carry\f180 cars"
    turns = next(fact for fact in second.facts if fact.name == "talk").turns
    assert [[piece.text for piece in pieces if piece.is_quoted] for _, pieces in turns] == [["When does it"], []]
    assert '<mark class="quoted">' in render_to_string(
        "review/desk/_facts.html", {"facts": second.facts, "card": second}
    )


def judged(fields: dict[str, Any], of: TaskSpec) -> JudgedDraft:
    return JudgedDraft(
        id=str(uuid4()), task="claims", task_version=1, spec=of, split="train", record_id=str(uuid4()), group="a",
        facts=FACTS, draft=fields, decision_id=str(uuid4()), verdict="accept", fields=None, reasons=[], ratings={},
        reviewer="ada", seconds=2.0, decided_at="2026-01-31T10:00:00Z", origin="teacher", note="", teacher="offline",
        model="offline-1", prompt_hash="", call_id=None, round=1,
    )  # fmt: skip


def test_an_export_tells_where_quotes_stand() -> None:
    row = raw_row(judged(GOLD, spec()))

    [place] = row["decision"]["quotes"]
    assert place["fact"] == "passage"
    assert " ".join(PASSAGE[place["start"] : place["end"]].split()) == GOLD["words"]
    jsonschema.validate(row, RAW_SCHEMA)


def test_an_export_of_a_task_without_quotes_says_nothing_of_them() -> None:
    assert "quotes" not in raw_row(judged({"reply": "Yes."}, factories.plain_spec()))["decision"]
