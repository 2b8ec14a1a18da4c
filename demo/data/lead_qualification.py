"""The task *Lead qualification*: a label with steps that can be checked, for studies of reasoning.

An answer takes a sum, a look at a list, a product and a count of months. The label is drawn first, then the outcome of
each rule, then matching numbers, then words.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Literal, NamedTuple

from demo import phrase_files
from demo.data.demo_task import AnsweredRecord, DemoTask
from demo.data.prospects.generate import prospects
from review.spec.schema import InputField, Label, OutputField
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

SEED, COUNT = 20261, 330
Outcome = Literal["met", "broken", "unknown"]
Slots = dict[str, Any]
_PHRASES = phrase_files.read(Path(__file__).with_name("phrases") / "leads.txt")
_SECTORS, _MONTHS, _CITIES, _FILLERS = _PHRASES[""].lists.values()
RULES = ("people", "sector", "budget", "timing")
QUALIFIED, NOT_QUALIFIED, NEEDS_RESEARCH = "qualified", "not_qualified", "needs_research"
LABELS = {
    QUALIFIED: "All four rules are met.",
    NOT_QUALIFIED: "A rule is broken, whatever is not known of the others.",
    NEEDS_RESEARCH: "No rule is broken, and of one at least the notes do not tell.",
}

SPEC = TaskSpec(
    instruction=(
        "Say whether the company qualifies as a lead. Go through the rules one by one, work out what the notes only "
        "imply (sums, products, months), then decide: one broken rule is enough for no, and what nobody knows has to "
        "be researched."
    ),
    input_schema=(
        InputField(name="company", role="group", required=True, description="Who might buy."),
        InputField(name="rules", required=True, description="What a lead has to meet: people, sector, budget, timing."),
        InputField(name="notes", required=True, description="What is known of the company."),
    ),
    output_schema=(
        OutputField(
            name="steps",
            role="reasoning",
            max_words=80,
            required=False,
            description="What each rule comes to, one short clause each, then the label.",
        ),
        OutputField(
            name="lead",
            type="choice",
            labels=tuple(Label(name=name, description=meaning) for name, meaning in LABELS.items()),
        ),
    ),
    record_noun="lead",
    checks=checks("length", "reasoning"),
    rubric=(
        Requirement(name="all rules", description="Each of the four rules is looked at."),
        Requirement(name="numbers worked out", description="Sums and products are right."),
    ),
    reasons=reasons(unclear="Notes are unclear"),
    guideline="A broken rule decides before an unknown one does. A bound that is just met is met.",
    teacher_template=teacher_template("decision"),
    student_template="Qualify the lead.\n{{facts}}",
)


class Clause(NamedTuple):
    """Rule of one lead: its wording, its note (may be empty) and its step."""

    rule: str
    note: str
    step: str


def records(seed: int = SEED) -> list[AnsweredRecord]:
    """Draw the leads, each label equally often; the same seed gives the same everywhere."""
    rng = random.Random(seed)
    labels = [(QUALIFIED, NOT_QUALIFIED, NEEDS_RESEARCH)[at % 3] for at in range(COUNT)]
    rng.shuffle(labels)
    return [_record(facts, label, rng) for facts, label in zip(prospects(COUNT, seed), labels, strict=True)]


def _record(facts: dict[str, str], label: str, rng: random.Random) -> AnsweredRecord:
    outcomes = _outcomes(label, rng)
    clauses = [_clause(rule, facts, outcome, rng) for rule, outcome in outcomes.items()]
    notes = [clause.note for clause in clauses if clause.note] + [rng.choice(_FILLERS)]
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
    # An unknown outcome must not decide for a lead that fails already.
    if label == NEEDS_RESEARCH or (label == NOT_QUALIFIED and rng.random() < 0.5):
        spare = [rule for rule in order if drawn[rule] == "met"]
        for rule in rng.sample(spare, k=rng.choice((1, 1, 2))):
            drawn[rule] = "unknown"
    return drawn


def _clause(name: str, facts: dict[str, str], outcome: Outcome, rng: random.Random) -> Clause:
    draw = {"people": _people, "sector": _sector, "budget": _budget, "timing": _timing}[name]
    phrases = _PHRASES[name].lists
    rule, slots = draw(phrases["rule"], facts, outcome == "met", rng)
    text, note = rule.format(**slots), rng.choice(phrases["note"]).format(**slots)
    step = phrases[outcome][0].format(**slots)
    return Clause(text[:1].upper() + text[1:], "" if outcome == "unknown" else note, step)


def _people(rules: list[str], _facts: dict[str, str], is_met: bool, rng: random.Random) -> tuple[str, Slots]:
    least, rule = rng.randrange(6, 25) * 10, rng.choice(rules)
    total = least + rng.choice((0, 5, 18, 40)) if is_met else least - rng.choice((4, 15, 25))
    first = rng.randrange(10, total - 20)
    second = rng.randrange(5, total - first - 5)
    staff = {"first": first, "second": second, "third": total - first - second, "total": total, "least": least}
    return rule, {**staff, **dict(zip(("one", "two", "three"), rng.sample(_CITIES, k=3), strict=True))}


def _sector(rules: list[str], facts: dict[str, str], is_met: bool, rng: random.Random) -> tuple[str, Slots]:
    barred, rule = rng.sample(_SECTORS, k=2), rng.choice(rules)
    return rule, {"a": barred[0], "b": barred[1], "own": facts["sector"] if is_met else rng.choice(barred)}


def _budget(rules: list[str], _facts: dict[str, str], is_met: bool, rng: random.Random) -> tuple[str, Slots]:
    price, planners = rng.randrange(12, 40) * 10, rng.randrange(4, 30)
    cost = price * planners
    budget = cost + rng.choice((0, 200, 900)) if is_met else cost - rng.choice((100, 300, 450))
    return rng.choice(rules), {"price": price, "planners": planners, "cost": cost, "budget": budget}


def _timing(rules: list[str], _facts: dict[str, str], is_met: bool, rng: random.Random) -> tuple[str, Slots]:
    now, within = rng.randrange(12), rng.choice((3, 4, 6, 9))
    left = rng.randrange(1, within + 1) if is_met else within + rng.choice((1, 2, 4))
    year, month = divmod(now + left, 12)
    times = {"today": f"{_MONTHS[now]} 2026", "ends": f"{_MONTHS[month]} {2026 + year}", "within": within}
    return rng.choice(rules), {**times, "months": f"{left} month{'s' if left > 1 else ''}"}


LEAD_QUALIFICATION = DemoTask(
    slug="lead-qualification",
    name="Lead qualification",
    summary="Whether a company qualifies by four rules, with the steps that lead there.",
    spec=SPEC,
    records=records,
    teacher_defects=0.1,
    judged_share=1.0,
)
