"""The demo's task *Research summary*: questions about a fictional company, answered from its stored pages with quotes.

The pages hold more than the answers, and each claim has other words than its page.
"""

from __future__ import annotations

import random
import re
from typing import Any

from demo.data.company_pages import (
    TOPICS,
    Statement,
    filler,
    sentences,
    statements,
    with_a_word_left_out,
    with_another_number,
)
from demo.data.demo_task import AnsweredRecord, DemoTask
from demo.data.prospects.generate import prospects
from review.spec.schema import Facts, Fields, InputField, OutputField, OutputItem
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

FAULTS = ("wrong_number", "wrong_quote", "inexact_quote", "off_question", "missing_claim")
PAGES = ("about_page", "news_page", "customers_page")
SEED, COMPANIES, FILES_EACH = 20261, 120, 3
TOLD, FEWEST_ASKED, MOST_ASKED = 8, 2, 3
_ABOUT = frozenset({"founding", "staff", "second_site", "director", "apprentices", "service_desk"})
_TRADE = frozenset({"customer", "contract_end", "prices", "prize", "takeover", "dispatch"})

SPEC = TaskSpec(
    instruction=(
        "A colleague speaks with this company tomorrow. Answer their questions from the stored pages alone: one claim "
        "for each question, in words of your own, with the very words of a page that bear it out."
    ),
    input_schema=(
        InputField(name="company", role="group", required=True, description="Whom the questions are about."),
        InputField(name="questions", role="title", required=True, description="What the colleague wants to know."),
        *(
            InputField(name=name, type="document", description=f"Stored from the company's site: {name.split('_')[0]}.")
            for name in PAGES
        ),
    ),
    output_schema=(
        OutputField(
            name="claims",
            type="list",
            role="claims",
            description="One for each question that the pages answer, in the order of the questions.",
            items=(
                OutputItem(name="text", required=True, max_chars=200, description="The answer as one sentence."),
                OutputItem(
                    name="quote", type="quote", required=True, max_chars=300, description="The words that bear it out."
                ),
            ),
        ),
    ),
    record_noun="company file",
    checks=checks("length", "placeholders", "quotes"),
    rubric=(
        Requirement(name="answers the questions", description="Each claim answers one question and nothing else."),
        Requirement(name="borne out", description="Who reads the quote alone comes to the same claim."),
        Requirement(name="quotes are exact", description="Every quote can be found on a page, letter by letter."),
    ),
    reasons=reasons(unsupported="Not on the pages", quote="Quote not exact", off_question="Answers something else"),
    guideline="Where pages give an older and a newer number, the newer one is the answer.",
    teacher_template=teacher_template("summary"),
    student_template="Answer from the pages, with a quote for each claim.\n{{facts}}",
)


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the records, three for each company; the same seed gives the same everywhere."""
    rng = random.Random(seed)
    return [_record(facts, rng) for facts in prospects(COMPANIES) for _ in range(FILES_EACH)]


def _record(facts: dict[str, str], rng: random.Random) -> AnsweredRecord:
    page_statements = statements(facts, rng.sample(TOPICS, TOLD), rng)
    asked = rng.sample(page_statements, rng.randint(FEWEST_ASKED, MOST_ASKED))
    pages = {name: _page(lines, facts, rng) for name, lines in _sorted(page_statements).items() if lines}
    given = {
        "company": facts["company"],
        "questions": " ".join(each.one_of(each.topic.questions, rng) for each in asked),
        **pages,
    }
    claims = [{"text": each.one_of(each.topic.answers, rng), "quote": each.sentence} for each in asked]
    return AnsweredRecord(given, {"claims": claims})


def _sorted(page_statements: list[Statement]) -> dict[str, list[Statement]]:
    about = [each for each in page_statements if each.topic.name in _ABOUT]
    trade = [each for each in page_statements if each.topic.name in _TRADE]
    news = [each for each in page_statements if each not in about and each not in trade]
    return dict(zip(PAGES, (about, news, trade), strict=True))


def _page(lines: list[Statement], facts: dict[str, str], rng: random.Random) -> str:
    """Join sentences into a page, or two sheets of one where it is long."""
    texts = [each.sentence for each in lines]
    if rng.random() < 0.4:
        texts.insert(rng.randrange(len(texts) + 1), filler(facts, rng))
    if len(texts) < 4:
        return " ".join(texts)
    return f"{' '.join(texts[:2])}\f{' '.join(texts[2:])}"


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into the claims: a changed number, another quote, one claim too many or too few."""
    claims: list[dict[str, Any]] = [dict(claim) for claim in record.fields["claims"]]
    claim = rng.choice(claims)
    fault = rng.choice(FAULTS)
    if fault == "wrong_number" and not re.search(r"\d", claim["text"]):
        fault = "wrong_quote"
    if fault == "wrong_number":
        claim["text"] = with_another_number(claim["text"], rng)
    elif fault == "wrong_quote":
        claim["quote"] = rng.choice(_unused(record.facts, claims))
    elif fault == "inexact_quote":
        claim["quote"] = with_a_word_left_out(claim["quote"], rng)
    elif fault == "off_question":
        extra = rng.choice(_unused(record.facts, claims))
        claims.append({"text": extra, "quote": extra})
    else:
        claims.remove(claim)
    return {"claims": claims}, fault


def _unused(facts: Facts, claims: list[dict[str, Any]]) -> list[str]:
    """Return the sentences of the pages that no claim quotes."""
    lines = [line for name in PAGES for line in sentences(facts.get(name, ""))]
    quoted = {claim["quote"] for claim in claims}
    return [line for line in lines if line and line not in quoted]


RESEARCH_SUMMARY = DemoTask(
    slug="research-summary",
    name="Research summary",
    summary="A company's stored pages and two or three questions: claims that answer them, each with its quote.",
    spec=SPEC,
    records=records,
    teacher_defects=0.2,
    spoil=spoil,
)
