"""The demo's task *Company news*: the news on a fictional company's page, with its sentence.

The page is drawn from the company's facts: its product, its first town and its news.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from demo.data.company_pages import sentences, with_a_word_left_out, with_another_number
from demo.data.demo_task import AnsweredRecord, DemoTask
from demo.data.prospects.generate import DEFAULT_SEED, letters_of, prospects
from review.spec.schema import Fields, InputField, OutputField, OutputItem
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

FAULTS = ("wrong_number", "inexact_quote", "missed")
SEED, COMPANIES = 20262, 240
THIS_YEAR = "2026"
_NEWS = (
    "In {month} {year} {company} {trigger}.",
    "{company} {trigger} in {month} {year}.",
    "News of {month} {year}: {company} {trigger}.",
)
_OLD = (
    "{company} was founded in {founded}.",
    "{company} began in {founded} and has stayed independent.",
)
_ABOUT = (
    "{company} works in {sector}.",
    "Customers know {company} for {product}.",
    "{size} people work for {company}.",
    "The office is in {city}.",
)

SPEC = TaskSpec(
    instruction=(
        "A colleague writes to this company tomorrow. Say from the page alone what the company did this year, without "
        "its name, and copy the sentence that says so. Where the page tells nothing of this year, claim nothing."
    ),
    input_schema=(
        InputField(name="company", role="group", required=True, description="Whose page it is."),
        InputField(name="source_1", required=True, description="Text of the page."),
        InputField(name="source_1_url", type="url", description="Address of the page."),
    ),
    output_schema=(
        OutputField(
            name="claims",
            type="list",
            role="claims",
            required=False,
            description="What is new; none where the page tells nothing of this year.",
            items=(
                OutputItem(name="text", required=True, max_chars=120, description="What the company did."),
                OutputItem(name="quote", required=True, max_chars=240, description="The sentence that says so."),
            ),
        ),
    ),
    record_noun="company page",
    checks=checks("length", "placeholders", "quotes"),
    rubric=(
        Requirement(name="of this year", description="What is told happened in the year the page speaks of last."),
        Requirement(name="quote is exact", description="The sentence stands on the page, letter by letter."),
    ),
    reasons=reasons(unsupported="Not on the page", quote="Quote not exact", old="Not the newest"),
    guideline="What was founded or moved in an earlier year is no news.",
    teacher_template=teacher_template("claims"),
    student_template="What is new?\n{{facts}}",
)


class CompanyPage(NamedTuple):
    """Text of a page, its sentence with the news and the news in short; the last two are empty without news."""

    text: str
    quote: str
    news: str


def url_of(company: str) -> str:
    return f"https://{letters_of(company)}.example/"


def page_of(facts: Mapping[str, str]) -> CompanyPage:
    """Draw the page of a company from its `prospects` facts; without a trigger and its date it has no news."""
    rng = random.Random(f"{DEFAULT_SEED} {facts['company']}")
    lines = [text for pattern in (rng.choice(_OLD), *rng.sample(_ABOUT, 2)) if (text := _filled(pattern, facts))]
    month = facts.get("trigger_date", "").split()[1:2]
    quote = _filled(rng.choice(_NEWS), {**facts, "month": month[0], "year": THIS_YEAR}) if month else ""
    if quote:
        lines.insert(rng.randrange(len(lines) + 1), quote)
    return CompanyPage(" ".join(lines), quote, facts["trigger"] if quote else "")


def _filled(pattern: str, facts: Mapping[str, str]) -> str:
    try:
        text = pattern.format_map(facts)
    except KeyError:
        return ""
    return text[0].upper() + text[1:]


@cache
def records(seed: int = SEED) -> tuple[AnsweredRecord, ...]:
    """Draw the records, one for each company; the same seed gives the same everywhere."""
    return tuple(_record(facts) for facts in prospects(COMPANIES, seed))


def _record(facts: dict[str, str]) -> AnsweredRecord:
    page = page_of(facts)
    given = {"company": facts["company"], "source_1": page.text, "source_1_url": url_of(facts["company"])}
    return AnsweredRecord(given, {"claims": [{"text": page.news, "quote": page.quote}] if page.quote else []})


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into the answer: a changed number, a quote without a word, no claim, or old news."""
    if not record.fields["claims"]:
        old = sentences(record.facts["source_1"])[0]
        return {"claims": [{"text": old, "quote": old}]}, "old_news"
    claim, fault = dict(record.fields["claims"][0]), rng.choice(FAULTS)
    if fault == "missed":
        return {"claims": []}, fault
    if fault == "wrong_number" and re.search(r"\d", claim["text"]):
        claim["text"] = with_another_number(claim["text"], rng)
        return {"claims": [claim]}, fault
    claim["quote"] = with_a_word_left_out(claim["quote"], rng)
    return {"claims": [claim]}, "inexact_quote"


COMPANY_NEWS = DemoTask(
    slug="company-news",
    name="Company news",
    summary="A page of a company: what is new there, with the sentence that says so.",
    spec=SPEC,
    records=records,
    judged_share=0.9,
    spoil=spoil,
)
