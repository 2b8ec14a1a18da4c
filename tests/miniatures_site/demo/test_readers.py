"""The demo's simulated readers answer to the text of a mail alone, and less often the worse it is."""

from __future__ import annotations

from collections import Counter

import pytest

from demo import offline_teacher
from demo.data import load
from demo.data.experiment import population
from demo.data.prospects.generate import prospects
from review.spec.schema import Facts, Fields

SPEC = load.demo_spec()
SCHEMA = [{"name": each.name, "type": each.type, "items": []} for each in SPEC.output_schema]
# Faults that a check of the task sees in nearly every mail.
SEEN = ("placeholder", "forbidden_phrase", "repeated_sentence", "spam_words", "too_long")


def written(facts: Facts, *, seed: int = 1, defect_rate: float = 0.0) -> offline_teacher.OfflineDraft:
    offer = SPEC.offer.model_dump(mode="json")
    return offline_teacher.write(facts=facts, offer=offer, output_fields=SCHEMA, seed=seed, defect_rate=defect_rate)


def chance(facts: Facts, fields: Fields) -> float:
    return population.chance(SPEC, facts, fields)


def replies(of: float) -> int:
    people = (f"reader-{number}@somewhere.example" for number in range(4_000))
    return sum(each.kind == "reply" for address in people for each in population.actions(address, chance=of))


@pytest.fixture(scope="module")
def companies() -> list[dict[str, str]]:
    return prospects()[:25]


def test_the_same_mail_has_the_same_chance_however_it_was_made(companies: list[dict[str, str]]) -> None:
    facts, other = companies[0], companies[1]
    mail = dict(written(facts).fields)

    assert chance(facts, mail) == chance(facts, {**mail}) > chance(other, mail)


def test_a_fault_that_a_check_sees_costs_replies(companies: list[dict[str, str]]) -> None:
    fewer: Counter[str] = Counter()
    drafts: Counter[str] = Counter()
    for facts in companies:
        clean = chance(facts, dict(written(facts).fields))
        for seed in range(5):
            faulty = written(facts, seed=seed, defect_rate=1.0)
            for defect in set(faulty.defects) & set(SEEN):
                drafts[defect] += 1
                fewer[defect] += chance(facts, dict(faulty.fields)) < clean

    assert set(drafts) == set(SEEN)
    assert all(fewer[defect] / drafts[defect] > 0.9 for defect in SEEN)


def test_every_reason_of_the_registration_takes_what_it_says(companies: list[dict[str, str]]) -> None:
    facts = companies[0]
    mail = dict(written(facts).fields)
    body = str(mail["body"])
    spoiled = {**mail, "body": f"{body}\n[Your title]"}
    greeting, *_, signature = body.split("\n\n")
    bare = f"{greeting}\n\n{facts['company']}: would a short call suit you?\n\n{signature}"

    assert chance(facts, mail) == population.BEST
    assert chance(facts, spoiled) == pytest.approx(population.BEST * 0.75)
    assert chance(facts, {"subject": "A question", "body": bare}) < population.BEST * 0.9 * 0.9 * 0.9


def test_a_lower_chance_brings_fewer_replies_from_the_same_people() -> None:
    counts = [replies(population.BEST * share) for share in (1, 0.75, 0.5, 0)]

    assert counts == sorted(counts, reverse=True)
    assert counts[0] / 4_000 == pytest.approx(population.BEST, abs=0.012)
    assert counts[-1] == 0


def test_who_answers_a_worse_mail_answers_a_better_one_too() -> None:
    people = [f"reader-{number}@somewhere.example" for number in range(2_000)]
    worse = {each: population.actions(each, chance=0.02) for each in people}

    assert all(population.actions(each, chance=0.06) == done for each, done in worse.items() if "reply" in str(done))
