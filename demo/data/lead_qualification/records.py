"""Fictional leads with rules whose answer takes several steps: a sum, a look at a list, a product, months counted.

The label is drawn first, then what each rule comes to, then numbers that make it so, then words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from demo.data.demo_task import AnsweredRecord
from demo.data.lead_qualification.spec import NEEDS_RESEARCH, NOT_QUALIFIED, QUALIFIED
from demo.data.prospects.generate import prospects

SEED, COUNT = 20261, 330
Outcome = Literal["met", "broken", "unknown"]
RULES: Final = ("people", "sector", "budget", "timing")
SECTORS: Final = ("tobacco", "gambling", "weapons", "coal mining", "payday loans")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
CITIES: Final = ("Lindau", "Arles", "Bergamo", "Deventer", "Vigo", "Harrow", "Tartu", "Aveiro")
FILLERS: Final = (
    "Their site was redone in spring.",
    "A colleague met them at a fair.",
    "Orders come by mail and by phone.",
    "They asked for two pages on the product.",
    "The operations lead has changed lately.",
    "",
)


class Clause(NamedTuple):
    """One rule of one lead: how it is put, what the notes say of it (empty: nothing), and the step it takes."""

    rule: str
    note: str
    step: str


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the leads, each label as often; the same seed gives the same on every machine."""
    rng = random.Random(seed)
    labels = [(QUALIFIED, NOT_QUALIFIED, NEEDS_RESEARCH)[at % 3] for at in range(COUNT)]
    rng.shuffle(labels)
    return [_record(facts, label, rng) for facts, label in zip(prospects(COUNT, seed), labels, strict=True)]


def label_of(outcomes: Sequence[Outcome]) -> str:
    """Return what rules that came to this make of a lead."""
    if "broken" in outcomes:
        return NOT_QUALIFIED
    return NEEDS_RESEARCH if "unknown" in outcomes else QUALIFIED


def _record(facts: dict[str, str], label: str, rng: random.Random) -> AnsweredRecord:
    outcomes = _outcomes(label, rng)
    draw = {"people": _people, "sector": _sector, "budget": _budget, "timing": _timing}
    clauses = [draw[rule](facts, outcome, rng) for rule, outcome in outcomes.items()]
    notes = [clause.note for clause in clauses if clause.note] + [rng.choice(FILLERS)]
    rng.shuffle(notes)
    given = {
        "company": facts["company"],
        "rules": " ".join(f"{number}. {clause.rule}" for number, clause in enumerate(clauses, 1)),
        "notes": " ".join(filter(None, notes)) or "Nothing is known yet.",
    }
    steps = " ".join(f"{number}. {clause.step}" for number, clause in enumerate(clauses, 1))
    return AnsweredRecord(given, {"steps": f"{steps} So: {label}.", "lead": label})


def _outcomes(label: str, rng: random.Random) -> dict[str, Outcome]:
    order = rng.sample(RULES, k=len(RULES))
    drawn: dict[str, Outcome] = dict.fromkeys(order, "met")
    if label == NOT_QUALIFIED:
        for rule in rng.sample(order, k=rng.choice((1, 1, 2))):
            drawn[rule] = "broken"
    # What is unknown of a lead that fails already must not decide.
    if label == NEEDS_RESEARCH or (label == NOT_QUALIFIED and rng.random() < 0.5):
        spare = [rule for rule in order if drawn[rule] == "met"]
        for rule in rng.sample(spare, k=rng.choice((1, 1, 2))):
            drawn[rule] = "unknown"
    return drawn


def _people(facts: dict[str, str], outcome: Outcome, rng: random.Random) -> Clause:
    least = rng.randrange(6, 25) * 10
    rule = rng.choice(("At least {n} people in all.", "No fewer than {n} people work there.", "{n} people or more."))
    total = least + rng.choice((0, 5, 18, 40)) if outcome == "met" else least - rng.choice((4, 15, 25))
    first = rng.randrange(10, total - 20)
    parts = [first, rng.randrange(5, total - first - 5)]
    parts.append(total - sum(parts))
    one, two, three = rng.sample(CITIES, k=3)
    note = rng.choice(
        (
            f"{parts[0]} people work in {one}, {parts[1]} in {two} and {parts[2]} in {three}.",
            f"The plant in {one} has {parts[0]} people, the one in {two} {parts[1]}, the office {parts[2]}.",
            f"Staff: {one} {parts[0]}, {two} {parts[1]}, {three} {parts[2]}.",
        )
    )
    added = f"{parts[0]} + {parts[1]} + {parts[2]} = {total} people"
    verdict = f"{added}, {'enough' if outcome == 'met' else 'fewer than'} {'for ' if outcome == 'met' else ''}{least}."
    return _clause(rule.format(n=least), note, verdict, "People are not told.", outcome)


def _sector(facts: dict[str, str], outcome: Outcome, rng: random.Random) -> Clause:
    barred = rng.sample(SECTORS, k=2)
    rule = rng.choice(("Not in {a} or {b}.", "Nobody from {a} or {b}.", "{a} and {b} are left out."))
    rule = rule.format(a=barred[0], b=barred[1])
    own = facts["sector"] if outcome == "met" else rng.choice(barred)
    note = rng.choice((f"Their trade is {own}.", f"They earn their money in {own}.", f"Sector: {own}."))
    verdict = f"{own} is {'not barred' if outcome == 'met' else 'barred'}."
    return _clause(rule[:1].upper() + rule[1:], note, verdict, "The sector is not told.", outcome)


def _budget(facts: dict[str, str], outcome: Outcome, rng: random.Random) -> Clause:
    price, planners = rng.randrange(12, 40) * 10, rng.randrange(4, 30)
    cost = price * planners
    budget = cost + rng.choice((0, 200, 900)) if outcome == "met" else cost - rng.choice((100, 300, 450))
    rule = rng.choice(
        (
            f"A seat costs {price} euros a year; the budget covers one for each planner.",
            f"The budget pays {price} euros a year for every planner.",
        )
    )
    note = rng.choice(
        (
            f"{planners} planners share {budget:,} euros a year.",
            f"For their {planners} planners they have set {budget:,} euros a year aside.",
            f"They have {planners} planners and a budget of {budget:,} euros a year.",
        )
    )
    needed = f"{planners} x {price} = {cost:,} euros"
    verdict = f"{needed}, {'within' if outcome == 'met' else 'more than'} {budget:,}."
    return _clause(rule, note, verdict, "The budget is not told.", outcome)


def _timing(facts: dict[str, str], outcome: Outcome, rng: random.Random) -> Clause:
    now, within = rng.randrange(12), rng.choice((3, 4, 6, 9))
    left = rng.randrange(1, within + 1) if outcome == "met" else within + rng.choice((1, 2, 4))
    year, month = divmod(now + left, 12)
    ends = f"{MONTHS[month]} {2026 + year}"
    today = f"{MONTHS[now]} 2026"
    rule = rng.choice(
        (
            f"Their contract ends within {within} months of {today}.",
            f"Counted from {today}, the present contract ends in {within} months at most.",
        )
    )
    note = rng.choice(
        (
            f"The present contract ends in {ends}.",
            f"Their tool is paid for until {ends}.",
            f"They are bound until {ends}.",
        )
    )
    counted = f"{today} to {ends} is {left} month{'s' if left > 1 else ''}"
    verdict = f"{counted}, {'within' if outcome == 'met' else 'beyond'} {within}."
    return _clause(rule, note, verdict, "The end is not told.", outcome)


def _clause(rule: str, note: str, step: str, unknown: str, outcome: Outcome) -> Clause:
    return Clause(rule, "", unknown) if outcome == "unknown" else Clause(rule, note, step)
