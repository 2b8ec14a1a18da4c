"""Adversarial cases follow from a record's facts alone, and slices from what they say. Pure."""

from __future__ import annotations

from uuid import UUID

import pytest

from evaluation.evaluations import slices as scored_slices
from evaluation.evaluations.metric_display import METRICS
from evaluation.suites import choose, derive, slicing
from review.spec.schema import InputField
from review.spec.starters import outreach

SPEC = outreach.SPEC
FACTS = {
    "company": "Northwind",
    "sector": "cold logistics",
    "pain": "spoilage claims come in every week of the summer",
    "tool": "spreadsheets",
}
NAME = next(field.name for field in SPEC.input_schema if field.role == "group")


@pytest.mark.parametrize("rule", derive.RULES)
def test_a_rule_changes_facts_in_the_same_way_each_time_and_leaves_the_record_as_it_is(rule: str) -> None:
    before = dict(FACTS)

    first, second = derive.derived(SPEC, FACTS, rule), derive.derived(SPEC, dict(FACTS), rule)

    assert first == second
    assert first != FACTS
    assert before == FACTS


def test_each_rule_does_what_it_is_called_for() -> None:
    made = {rule: derive.derived(SPEC, FACTS, rule) or {} for rule in derive.RULES}

    assert made[derive.INSTRUCTION]["pain"].startswith(FACTS["pain"])
    assert made[derive.MISSING] == {name: value for name, value in FACTS.items() if name != "pain"}
    assert made[derive.LANGUAGE]["pain"].removeprefix(FACTS["pain"]).strip() in {text for _, text in derive._SENTENCES}
    assert len(made[derive.LONG]["pain"]) >= derive.LONG_CHARS


def test_what_has_no_text_has_no_case() -> None:
    assert all(derive.derived(SPEC, {NAME: "Northwind"}, rule) is None for rule in derive.RULES)


def test_a_rule_that_leaves_the_facts_as_they_are_is_passed_on() -> None:
    long_text = "x" * derive.LONG_CHARS
    facts = {UUID(int=number): {**FACTS, "company": str(number), "pain": long_text} for number in range(8)}

    cases = choose._adversarial(SPEC, facts, seed=1)

    assert {case.record for case in cases} == set(facts)
    assert [case.rule for case in cases if case.facts == facts[case.record]] == []


def test_the_hash_tells_records_rules_and_facts_apart() -> None:
    one = derive.content_hash([("a", "", FACTS)])

    assert one == derive.content_hash([("a", "", dict(reversed(FACTS.items())))])
    assert (
        len({one, *(derive.content_hash([case]) for case in (("b", "", FACTS), ("a", "x", FACTS), ("a", "", {})))}) == 4
    )


def test_records_are_sliced_by_what_few_values_tell_apart() -> None:
    facts = {
        str(number): {
            "company": f"C{number}",
            "sector": ("food", " food ", "steel")[number % 3],
            "pain": f"pain {number}" * (number + 1),
        }
        for number in range(30)
    } | {"ru": {"sector": "steel", "pain": "порча груза летом"}}

    found = slicing.slices_of(SPEC, facts)

    assert set(found) == {"sector", slicing.LENGTH, slicing.SCRIPT}
    assert {value: len(records) for value, records in found["sector"].items()} == {"food": 20, "steel": 11}
    assert sum(map(len, found[slicing.LENGTH].values())) == 31
    assert found[slicing.SCRIPT]["Cyrillic"] == {"ru"}
    assert slicing.slices_of(SPEC, {}) == {}


TEXTS = {
    "English": "We ship to the north, and our boxes are late.",
    "German": "Wir liefern in den Norden, und die Kisten sind nicht da.",
    "French": "Nous livrons dans le nord et les caisses ne sont pas là.",
    "Spanish": "Las cajas no llegan y los camiones son para el norte.",
    "Italian": "Le casse non sono qui e il camion è per il nord.",
    "Dutch": "De kisten zijn niet op tijd en het is koud.", "": "Halden Timber AS, Oslo",
}  # fmt: skip


def test_records_are_sliced_by_the_language_they_are_written_in_unless_a_fact_names_it() -> None:
    facts = {name: {"company": "C", "pain": text} for name, text in TEXTS.items()}
    named = InputField(name="language", type="text")
    telling = SPEC.model_copy(update={"input_schema": (*SPEC.input_schema, named)})

    found = slicing.slices_of(SPEC, facts)[slicing.LANGUAGE]
    told = slicing.slices_of(telling, {name: {**fact, "language": name[:1]} for name, fact in facts.items()})

    assert found == {name: {name} for name in TEXTS if name}
    assert set(told[slicing.LANGUAGE]) == {"E", "G", "F", "S", "I", "D"}
    assert slicing.column_names(telling).count("language") == 1


def test_a_tiny_slice_does_not_stand_first_by_chance_and_has_no_verdict() -> None:
    scores = {f"a{n}": 0.0 for n in range(60)} | {f"b{n}": 1.0 for n in range(60)} | {"c0": 0.0, "c1": 0.0}
    cut = {"sector": {letter: {name for name in scores if name[0] == letter} for letter in "abc"}}
    metric = next(each for each in METRICS if each.name == "passes_all")

    ranked = scored_slices.scored(cut, scores, {}, metric, summary={}, more_is_better=True)

    assert [(each.value, each.verdict) for each in ranked] == [
        ("a", "worse than the rest"),
        ("c", "too few to tell"),
        ("b", "not clearly worse"),
    ]
    assert ranked[1].cell["value"] == "0.0 %"
    assert scored_slices.scored({}, scores, {}, metric, summary={}, more_is_better=True) == []


def test_of_a_mean_that_is_better_with_less_the_highest_loses_most() -> None:
    scores = {f"a{n}": 5.0 + n % 3 for n in range(40)} | {f"b{n}": n % 3 for n in range(40)}
    cut = {"sector": {letter: {name for name in scores if name[0] == letter} for letter in "ab"}}
    metric = next(each for each in METRICS if each.name == "facts_wrong")

    ranked = scored_slices.scored(cut, scores, {}, metric, summary={}, more_is_better=False)

    assert [(each.value, each.verdict) for each in ranked] == [
        ("a", "worse than the rest"),
        ("b", "not clearly worse"),
    ]


def test_slices_keep_to_the_level_of_a_planned_look_and_a_later_look_gives_no_verdict() -> None:
    metric = next(each for each in METRICS if each.name == "passes_all")
    scores = {str(number): float(number < 40) for number in range(80)}
    cut = {"sector": {"steel": set(list(scores)[40:]), "retail": set(list(scores)[:40])}}

    usual, stricter, exploratory = (
        scored_slices.scored(cut, scores, {}, metric, summary=summary, more_is_better=True)[0]
        for summary in ({}, {"level": 0.99}, {"is_exploratory": True})
    )

    assert (usual.verdict, exploratory.verdict) == ("worse than the rest", "exploratory, no verdict")
    assert stricter.best > usual.best == exploratory.best
