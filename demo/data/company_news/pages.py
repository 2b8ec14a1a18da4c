"""The page of a fictional company, drawn from its facts: what it sells, where it began, and what is new. Pure and seeded."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple

from demo.data.prospects.generate import DEFAULT_SEED

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


class CompanyPage(NamedTuple):
    """Text of a page, and of it the sentence with the news and what that tells; both empty where nothing is new."""

    text: str
    quote: str
    news: str


def url_of(company: str) -> str:
    letters = company.lower().replace("&", "and")
    return f"https://{''.join(letter for letter in letters if letter.isalnum())}.example/"


def page_of(facts: Mapping[str, str]) -> CompanyPage:
    """Draw the page of a company; the same facts give the same page on every machine.

    Args:
        facts: As `prospects` draws them. Without a trigger and its date nothing is new.
    """
    rng = random.Random(f"{DEFAULT_SEED} {facts['company']}")
    sentences = [text for pattern in (rng.choice(_OLD), *rng.sample(_ABOUT, 2)) if (text := _filled(pattern, facts))]
    month = facts.get("trigger_date", "").split()[1:2]
    quote = _filled(rng.choice(_NEWS), {**facts, "month": month[0], "year": THIS_YEAR}) if month else ""
    if quote:
        sentences.insert(rng.randrange(len(sentences) + 1), quote)
    return CompanyPage(" ".join(sentences), quote, facts["trigger"] if quote else "")


def _filled(pattern: str, facts: Mapping[str, str]) -> str:
    try:
        text = pattern.format_map(facts)
    except KeyError:
        return ""
    return text[0].upper() + text[1:]
