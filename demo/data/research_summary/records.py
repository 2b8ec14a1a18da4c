"""Files on fictional companies: two or three questions, the stored pages, and the claims that answer them.

The pages tell more than is asked, so that the answer has to be found; each claim is told in other words than its page.
"""

from __future__ import annotations

import random

from demo.data.company_pages.pages import TOPICS, Statement, filler, statements
from demo.data.demo_task import AnsweredRecord
from demo.data.prospects.generate import prospects
from demo.data.research_summary.questions import ASKED
from demo.data.research_summary.spec import PAGES

SEED, COMPANIES, FILES_EACH = 20261, 120, 3
TOLD, FEWEST_ASKED, MOST_ASKED = 8, 2, 3
_ABOUT = frozenset({"founding", "staff", "second_site", "director", "apprentices", "service_desk"})
_TRADE = frozenset({"customer", "contract_end", "prices", "prize", "takeover", "dispatch"})


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the records, three of one company after another; the same seed gives the same on every machine."""
    rng = random.Random(seed)
    return [_record(facts, rng) for facts in prospects(COMPANIES) for _ in range(FILES_EACH)]


def _record(facts: dict[str, str], rng: random.Random) -> AnsweredRecord:
    told = statements(facts, rng.sample(TOPICS, TOLD), rng)
    asked = rng.sample(told, rng.randint(FEWEST_ASKED, MOST_ASKED))
    pages = {name: _page(lines, facts, rng) for name, lines in _sorted(told).items() if lines}
    given = {
        "company": facts["company"],
        "questions": " ".join(each.one_of(ASKED[each.topic.name].questions, rng) for each in asked),
        **pages,
    }
    claims = [{"text": each.one_of(ASKED[each.topic.name].answers, rng), "quote": each.sentence} for each in asked]
    return AnsweredRecord(given, {"claims": claims})


def _sorted(told: list[Statement]) -> dict[str, list[Statement]]:
    about = [each for each in told if each.topic.name in _ABOUT]
    trade = [each for each in told if each.topic.name in _TRADE]
    news = [each for each in told if each not in about and each not in trade]
    return dict(zip(PAGES, (about, news, trade), strict=True))


def _page(lines: list[Statement], facts: dict[str, str], rng: random.Random) -> str:
    """A page, or two sheets of one where it is long."""
    texts = [each.sentence for each in lines]
    if rng.random() < 0.4:
        texts.insert(rng.randrange(len(texts) + 1), filler(facts, rng))
    if len(texts) < 4:
        return " ".join(texts)
    return f"{' '.join(texts[:2])}\f{' '.join(texts[2:])}"
