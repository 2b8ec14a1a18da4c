"""Fictional service agreements: numbered clauses in any order, some of no matter here, some changed by an amendment.

The terms are drawn first, then the clauses that say them, then the summary that a careful reader would write.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

from demo.data.demo_task import AnsweredRecord
from demo.data.prospects.generate import prospects

SEED, COUNT = 20263, 300
AMENDED_SHARE, UNCAPPED_SHARE, RENEWED_SHARE = 0.35, 0.2, 0.6
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SERVICES: Final = ("Maintenance", "Cleaning", "Haulage", "Payroll", "Security", "Catering", "Hosting", "Calibration")
SEATS: Final = (
    ("France", "Lyon"),
    ("Italy", "Turin"),
    ("Spain", "Bilbao"),
    ("Portugal", "Porto"),
    ("Austria", "Graz"),
    ("Ireland", "Cork"),
)
# What stands in agreements and in no summary; {years} is drawn.
OTHER_CLAUSES: Final = (
    "Each party shall keep the other's business secrets for {years} years after this agreement has ended.",
    "Neither party is liable for delays that are caused by flood, fire, strike or an act of government.",
    "The rights under this agreement shall not be assigned without the other party's written consent.",
    "Changes of this agreement, this clause included, shall be made in writing.",
    "Should one clause be void, the others remain in force.",
    "The Provider may engage subcontractors and answers for them as for itself.",
    "Papers that the Customer has handed over shall be given back within {years} weeks.",
)


class Terms(NamedTuple):
    """Terms of an agreement; `cap` is None where no limit is agreed, `renewal` 0 where it does not renew itself."""

    start: str
    months: int
    renewal: int
    notice_days: int
    fee: int
    pay_days: int
    cap: int | None
    country: str
    city: str


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the agreements; the same seed gives the same on every machine."""
    rng = random.Random(seed)
    return [_record(facts["company"], number, rng) for number, facts in enumerate(prospects(COUNT, seed), start=1)]


def _record(company: str, number: int, rng: random.Random) -> AnsweredRecord:
    first = _terms(rng)
    clauses = [*_clauses(first, rng), *_others(rng)]
    rng.shuffle(clauses)
    lines = [f"{place}. {clause}" for place, clause in enumerate(clauses, start=1)]
    now = first
    if rng.random() < AMENDED_SHARE:
        now, amendment = _amended(first, rng)
        lines.append(f"Amendment 1. {amendment}")
    facts = {
        "customer": company,
        "contract": f"{rng.choice(SERVICES)} agreement No. {number}",
        "agreement": f"Between {company} (the Customer) and the Provider it is agreed:\n" + "\n".join(lines),
    }
    return AnsweredRecord(facts, {"summary": " ".join(_summary(now, rng))})


def _terms(rng: random.Random) -> Terms:
    country, city = rng.choice(SEATS)
    fee = rng.randrange(24, 480) * 250
    return Terms(
        start=f"1 {rng.choice(MONTHS)} {rng.choice((2025, 2026))}",
        months=rng.choice((12, 18, 24, 36, 48)),
        renewal=rng.choice((6, 12)) if rng.random() < RENEWED_SHARE else 0,
        notice_days=rng.choice((30, 45, 60, 90)),
        fee=fee,
        pay_days=rng.choice((10, 14, 21, 28)),
        cap=None if rng.random() < UNCAPPED_SHARE else fee * rng.choice((1, 2, 3)) + 5_000,
        country=country,
        city=city,
    )


def _clauses(terms: Terms, rng: random.Random) -> list[str]:
    """One clause on each matter; none on liability where it is not limited."""
    term = rng.choice(
        (
            "This agreement takes effect on {start} and is concluded for a term of {months} months.",
            "The term is {months} months, beginning on {start}.",
        )
    )
    renewed = (
        "It is extended by {renewal} months each time unless a party gives notice {notice_days} days before its end.",
        "Unless notice is given {notice_days} days before the term ends, it is renewed for a further {renewal} months.",
    )
    ends = (
        "It ends with its term; before, either party may give notice of {notice_days} days.",
        "Either party may terminate with {notice_days} days' notice; there is no renewal.",
    )
    fee = rng.choice(
        (
            "The Customer shall pay {fee:,} euros a year, within {pay_days} days of the invoice.",
            "The fee amounts to {fee:,} euros a year and falls due {pay_days} days after the invoice.",
        )
    )
    cap = rng.choice(
        (
            "Save for intent and gross negligence, liability is limited to {cap:,} euros a year.",
            "Neither party is liable beyond {cap:,} euros a year, intent and gross negligence excepted.",
        )
    )
    law = rng.choice(
        (
            "This agreement is governed by the law of {country}; the courts of {city} have jurisdiction.",
            "The law of {country} applies. Disputes are brought before the courts of {city}.",
        )
    )
    wanted = [term, rng.choice(renewed if terms.renewal else ends), fee, *([cap] if terms.cap else []), law]
    return [clause.format(**terms._asdict()) for clause in wanted]


def _others(rng: random.Random) -> list[str]:
    return [clause.format(years=rng.randint(2, 8)) for clause in rng.sample(OTHER_CLAUSES, k=rng.choice((1, 2, 3)))]


def _amended(terms: Terms, rng: random.Random) -> tuple[Terms, str]:
    if rng.random() < 0.5:
        fee = terms.fee + rng.randrange(2, 20) * 250
        return terms._replace(fee=fee), f"The fee is raised to {fee:,} euros a year; all else remains as agreed."
    days = rng.choice([each for each in (30, 45, 60, 90) if each != terms.notice_days])
    return terms._replace(
        notice_days=days
    ), f"The period of notice is changed to {days} days; all else remains as agreed."


def _summary(terms: Terms, rng: random.Random) -> Sequence[str]:
    """Five sentences in the order that the task asks for."""
    renewed = (
        "Without notice {notice_days} days before its end it renews for {renewal} months.",
        "It renews for {renewal} months unless notice is given {notice_days} days before the end.",
    )
    ends = (
        "It does not renew, and notice is {notice_days} days.",
        "There is no renewal; either side may leave with {notice_days} days of notice.",
    )
    sentences = (
        rng.choice(("The agreement runs for {months} months from {start}.", "From {start} it runs for {months} months.")),
        rng.choice(renewed if terms.renewal else ends),
        rng.choice(("It costs {fee:,} euros a year, due {pay_days} days after the invoice.",
                    "The fee is {fee:,} euros a year, to be paid within {pay_days} days.")),
        "Liability ends at {cap:,} euros a year, except for intent and gross negligence." if terms.cap
        else "The agreement says nothing of a limit to liability.",
        "The law of {country} holds, and the courts of {city} decide.",
    )  # fmt: skip
    return [sentence.format(**terms._asdict()) for sentence in sentences]
