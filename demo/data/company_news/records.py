"""Pages of fictional companies that no mail of the demo goes to, with what they tell as new."""

from __future__ import annotations

from functools import cache

from demo.data.company_news.pages import page_of, url_of
from demo.data.demo_task import AnsweredRecord
from demo.data.prospects.generate import prospects

SEED, COMPANIES = 20262, 240


@cache
def records(seed: int = SEED) -> tuple[AnsweredRecord, ...]:
    """Draw the records, one a company; the same seed gives the same on every machine."""
    return tuple(_record(facts) for facts in prospects(COMPANIES, seed))


def _record(facts: dict[str, str]) -> AnsweredRecord:
    page = page_of(facts)
    given = {"company": facts["company"], "source_1": page.text, "source_1_url": url_of(facts["company"])}
    return AnsweredRecord(given, {"claims": [{"text": page.news, "quote": page.quote}] if page.quote else []})
