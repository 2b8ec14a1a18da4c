"""Each check: what it marks and where, what it lets pass, and in which languages it stays silent."""

from __future__ import annotations

from typing import Any

import pytest

from review.spec.schema import Fields
from review.spec.starters import STARTERS, outreach
from review.spec.task_spec import Check, CheckKind, Offer, TaskSpec
from review.text import checks
from review.text.checks import CHECKS, Mark

OFFER = Offer(
    seller="Wickfield Tools",
    product="Loomboard",
    description="a planning board",
    claims=("Loomboard cuts planning time by 30 percent within 90 days.", "A pilot costs 1,200 euros."),
    forbidden_phrases=("game changer", "guaranteed results", "no risk"),
    signature="Best regards,\nMara Ellwood\nWickfield Tools",
)
FACTS = {
    "company": "Northwind Cold Chain Ltd", "sector": "cold logistics", "size": 140, "city": "Aarhus", "country": "Norway",
    "trigger": "opened a depot in Rotterdam", "trigger_date": "2026-05-03", "tool": "SAP and spreadsheets",
}  # fmt: skip


def spec_with(kind: CheckKind, **update: Any) -> TaskSpec:
    return outreach.SPEC.model_copy(update={"offer": OFFER, "checks": (Check(kind=kind),), **update})


def marks(kind: CheckKind, body: str, subject: str = "A plan", **update: Any) -> list[Mark]:
    return checks.run(spec_with(kind, **update), FACTS, {"subject": subject, "body": body})


def marked(kind: CheckKind, body: str, **update: Any) -> list[str]:
    return [body[mark.start : mark.end] for mark in marks(kind, body, **update)]


def test_a_body_too_long_is_marked_from_its_first_word_too_many() -> None:
    body = " ".join(f"w{n}" for n in range(165))

    found = marks("length", body)

    assert body[found[0].start :] == "w160 w161 w162 w163 w164"
    assert (found[0].message, found[0].mend) == ("165 words; at most 160 are allowed", "Cut 5 words.")


def test_a_body_too_short_is_marked_as_a_whole() -> None:
    assert [(mark.start, mark.end, mark.message) for mark in marks("length", "Too short.")] == [
        (0, 0, "2 words; at least 40 are wanted")
    ]


def test_a_subject_is_marked_where_an_inbox_cuts_it() -> None:
    found = [mark for mark in marks("length", "w " * 50, subject="x" * 57) if mark.field == "subject"]

    assert (found[0].start, found[0].end) == (50, 57)


@pytest.mark.parametrize("text", ["[Name]", "[Your Company]", "<name>", "{name}", "{{first_name}}", "{{ }}", "XXX", "___",
                                  "{{contact.first_name|}}", "TBD", "%NAME%"])  # fmt: skip
def test_what_nobody_filled_in_is_marked(text: str) -> None:
    assert marked("placeholders", f"Dear {text}, here we are.") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "{{contact.first_name}}",
        "{{ contact.first_name }}",
        "{{contact.first_name|there}}",
        "a [1] note",
        "a < b and c > d",
        "XXL",
        "anna@example.org",
        "50% off",
    ],
)
def test_a_declared_slot_and_plain_signs_are_let_pass(text: str) -> None:
    assert marked("placeholders", f"Hi {text}, hello.") == []


def test_an_undeclared_slot_is_named_with_those_that_exist() -> None:
    assert (
        marks("placeholders", "Hi {{name}},")[0].message
        == "{{name}} is no slot of this task; it has {{contact.first_name}}"
    )


@pytest.mark.parametrize(
    "ask",
    [
        "Worth 15 minutes on Thursday?", "Please reply with a time.", "Let me know what suits you.", "I would be happy to show you.",
        "Pick a time that suits.", "Could we talk?",
    ],
)  # fmt: skip
def test_a_question_or_request_is_a_call_to_action(ask: str) -> None:
    assert marks("call_to_action", f"We make boards. {ask}\n\nBest regards") == []


@pytest.mark.parametrize(
    "ending",
    [
        "I wanted you to know.",
        "Ever lost a day to planning? We have.",
        "You will find the rest on our pages.",
        "Did you know? So it is.",
    ],
)
def test_a_mail_that_asks_nothing_is_marked_once_as_a_whole(ending: str) -> None:
    assert [(mark.field, mark.start, mark.end) for mark in marks("call_to_action", f"We make boards. {ending}")] == [
        ("body", 0, 0)
    ]


def test_a_task_that_writes_no_mail_needs_no_call_to_action() -> None:
    spec = STARTERS["document-summary"].spec.model_copy(update={"checks": (Check(kind="call_to_action"),)})

    assert checks.run(spec, {}, {"summary": "All is said."}) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Act now, friend.", ["Act now"]), ("This is 100% free.", ["100% free"]), ("Really!!!", ["!!!"]), ("$$$ for you", ["$$$"]),
        ("This is AMAZING news", ["AMAZING"]), ("DO NOT MISS it", ["DO NOT MISS", "DO NOT MISS"]), ("Don’t miss it", ["Don’t miss"]),
    ],
)  # fmt: skip
def test_spam_words_and_shouting_are_marked(text: str, found: list[str]) -> None:
    assert marked("spam", text) == found


@pytest.mark.parametrize(
    "text", ["We read SAP files.", "Our API and CRM.", "A free hour!", "The winners? No.", "I act. Now it works."]
)
def test_plain_talk_acronyms_and_names_on_record_are_no_spam(text: str) -> None:
    assert marked("spam", text) == []


@pytest.mark.parametrize(
    "text", ["A Game Changer.", "It is game-changing!", "Guaranteed result", "games changers", "no  risk"]
)
def test_forbidden_phrases_are_found_in_any_ending(text: str) -> None:
    assert len(marks("forbidden", text)) == 1


@pytest.mark.parametrize("text", ["a game. Change it", "nor risk", "no risky", "the game is on"])
def test_words_that_only_look_alike_are_not_forbidden(text: str) -> None:
    assert marks("forbidden", text.replace(". ", ", and then ")) == []


def test_a_sentence_said_twice_is_marked_where_it_returns() -> None:
    body = "We make good boards here. You plan. We make good boards here!"

    assert [(mark.start, mark.end) for mark in marks("repetition", body)] == [(36, 61)]


@pytest.mark.parametrize("before", ["", "Gr\u00fc\u00dfe an die gro\u00dfe Stra\u00dfe. "])
def test_a_run_of_six_words_is_marked_at_its_third_time_and_not_before(before: str) -> None:
    run = "teams that plan on one page"
    twice = f"{before}For {run} it helps. Most {run} say so."

    assert marks("repetition", twice) == []
    assert marked("repetition", f"{twice} Ask {run} today.") == [run]
    assert marked("repetition", f"Große Straße: {twice} İki ﬁnes. Ask {run} today.") == [run]


@pytest.mark.parametrize(
    "text", ["At Northwind Cold Chain Ltd we saw", "northwind cold chain's depot", "Northwind Cold-Chain!"]
)
def test_the_company_may_drop_its_legal_suffix(text: str) -> None:
    assert marks("names_company", text) == []


@pytest.mark.parametrize("text", ["At your company", "At Northwinds Cold Chains", "Northwind Chain"])
def test_a_mail_that_does_not_name_the_company_is_marked(text: str) -> None:
    assert [mark.message for mark in marks("names_company", text, subject="Northwind Cold Chain")] == [
        "Northwind Cold Chain Ltd is not named"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We cut spoilage by 31 %.", ["31"]), ("It saves 45% of time.", ["45%"]), ("You have 1,400 people.", ["1,400"]),
        ("Your site in Lausanne is new.", ["Lausanne"]), ("We help Marchetti Glass a lot.", ["Marchetti Glass"]),
        ("Tamarisk Foods wants more.", ["Tamarisk Foods"]), ("Hi Sarah,\n\nhello.", ["Sarah"]),
        ("See https://evil.example/x now.", ["https://evil.example/x"]), ("Ask evil@other.example soon.", ["evil@other.example"]),
        ("See https://evil.example/a@b.example now.", ["https://evil.example/a@b.example"]), ("Your Oracle system is old.", ["Oracle"]), ("It is 101,750 euros.", ["101,750"]),
    ],
)  # fmt: skip
def test_a_number_or_name_from_nowhere_is_marked(text: str, found: list[str]) -> None:
    assert marked("unsupported", text) == found


@pytest.mark.parametrize(
    "text",
    [
        "It takes 30 percent off, 30% in 90 days.", "A pilot is 1.200 euros, or 1200.", "On 3 May 2026, the 3rd of May.",
        "Northwind's depot in Rotterdam.", "Your Norwegian team.", "Rotterdam-based teams.", "With SAP and Excel-like sheets you plan.".replace("Excel-like ", ""),
        "Would 15 minutes on Thursday at 10 am suit?", "I have three ideas and twelve hours.", "Best regards,\nMara Ellwood\nWickfield Tools",
        "On Monday, I’d call. I'm Mara.", "We work 24/7.", "Could Loomboard help? Since Northwind Cold Chain grew, yes.", "B2B teams in 2026.",
    ],
)  # fmt: skip
def test_what_the_facts_and_the_offer_hold_is_let_pass(text: str) -> None:
    assert marked("unsupported", text) == []


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Your U.K. depot is new.", "a depot in the United Kingdom"), ("Your depot in the United Kingdom is new.", "a U.K. depot"),
        ("You grew YoY.", "grew year over year"), ("COVID-19 slowed you.", "slowed by the coronavirus"), ("Your EU depot.", "European Union"),
        ("The World Health Organization asked.", "asked by the WHO"), ("Beside Marchetti Glass Ltd you grew.", "beside Marchetti Glass"), ("It is 101,750 euros.", "101,750 euros"),
    ],
)  # fmt: skip
def test_a_name_in_another_of_its_forms_is_let_pass(text: str, fact: str) -> None:
    found = checks.run(spec_with("unsupported"), FACTS | {"trigger": fact}, {"subject": "A plan", "body": text})

    assert [text[mark.start : mark.end] for mark in found] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to desk@harbour.example.", []),
        ("Write to Desk@Harbour.example, please.", []),
        ("Write to lpdesk@harbour.example.", ["lpdesk@harbour.example"]),
        ("Write to desk@harbour.example.org.", ["desk@harbour.example.org"]),
        ("Write to sk@harbour.example.", ["sk@harbour.example"]),
        ("Write to desk@harbour.exam", ["desk@harbour.exam"]),
    ],
)
def test_only_a_mail_address_of_the_facts_stands_unmarked(text: str, found: list[str]) -> None:
    facts = FACTS | {"trigger": "opened a depot; help-line: desk@harbour.example"}

    marks_of = checks.run(spec_with("unsupported"), facts, {"subject": "A plan", "body": text})

    assert [text[mark.start : mark.end] for mark in marks_of] == found


def test_a_subject_in_title_case_is_not_full_of_names() -> None:
    assert marks("unsupported", "fine", subject="Better Planning After The Move") == []


@pytest.mark.parametrize(("kind", "language", "text"), [
    ("spam", "fr", "Act now!!!"), ("call_to_action", "fr", "Bonjour."), ("unsupported", "ja", "999 円"), ("repetition", "zh", "a b c d. a b c d."),
])  # fmt: skip
def test_a_check_is_silent_in_a_language_it_does_not_know(kind: CheckKind, language: str, text: str) -> None:
    assert not checks.knows(kind, language)
    assert marks(kind, text, language=language) == []


def test_in_german_numbers_are_checked_and_nouns_are_no_names() -> None:
    assert marked("unsupported", "Die Planung in Lausanne spart 31 Prozent.", language="de-AT") == ["31"]


def test_german_mails_have_their_own_requests_and_spam_words() -> None:
    assert marks("call_to_action", "Wir bauen Tafeln. Melden Sie sich gern.", language="de") == []
    assert len(marks("call_to_action", "Wir bauen Tafeln.", language="de")) == 1
    assert marked("spam", "Jetzt kaufen und sparen", language="de") == ["Jetzt kaufen"]


@pytest.mark.parametrize("kind", list(CHECKS))
def test_an_empty_text_and_a_record_without_facts_break_no_check(kind: CheckKind) -> None:
    assert isinstance(checks.run(spec_with(kind), {}, {"subject": "", "body": ""}), list)


def test_places_count_code_points_and_not_bytes() -> None:
    body = "Grüße 😀 an [Name]"

    assert marked("placeholders", body) == ["[Name]"]


def test_parts_of_a_list_are_checked_under_their_path() -> None:
    starter = STARTERS["research-summary"]
    fields: Fields = {
        **starter.fields,
        "claims": [
            {
                "text": "It has 77 ships.",
                "quote": "The ships enter service in 2028.",
                "url": "https://shipyards.example/orders",
            }
        ],
    }

    found = checks.run(starter.spec, starter.facts, fields)

    assert [(mark.field, mark.start, mark.end) for mark in found] == [("claims.0.text", 7, 9)]


def test_a_check_reads_only_the_fields_it_names() -> None:
    spec = spec_with("placeholders", checks=(Check(kind="placeholders", fields=("subject",)),))

    found = checks.run(spec, FACTS, {"subject": "[Name]", "body": "[Name]"})

    assert [mark.field for mark in found] == ["subject"]
