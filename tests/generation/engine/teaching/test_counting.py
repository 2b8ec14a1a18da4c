from __future__ import annotations

from typing import Any

from generation.learning import counting
from generation.learning.cases import Case, applied
from review.spec.task_spec import TaskSpec
from review.text import checks
from tests.generation.engine.conftest import TASK

REASONS = [{"digit": 1, "code": "wrong_fact", "label": "Wrong fact"}, {"digit": 2, "code": "tone", "label": "Tone"}]
WORDS = "one two three four five six seven eight nine ten"


def spec(**over: Any) -> TaskSpec:
    return TaskSpec.model_validate(TASK | {"reasons": REASONS} | over)


def rejected(n: int, *reasons: str) -> Case:
    return Case(f"r{n}", "reject", {}, {"subject": "S", "body": f"Body {n}"}, None, reasons)


def edited(n: int, before: str, after: str) -> Case:
    return Case(f"e{n}", "edit", {}, {"subject": "S", "body": before}, {"subject": "S", "body": after})


def test_reasons_are_counted_once_a_decision_commonest_first() -> None:
    cases = [rejected(0, "tone"), rejected(1, "wrong_fact", "wrong_fact"), rejected(2, "wrong_fact", "tone"),
             rejected(3, "wrong_fact")]  # fmt: skip

    counted = counting.count(spec(), cases)

    assert counted.reasons == {"wrong_fact": ["r1", "r2", "r3"], "tone": ["r0", "r2"]}
    assert counted.cases == {"reject": 4}


def test_a_phrase_that_is_proposed_is_found_by_the_check_for_it() -> None:
    greeting = "Mit freundlichen Gr\u00fc\u00dfen"
    task = spec()
    counted = counting.count(task, [edited(n, f"{WORDS}. {greeting}", f"{WORDS}.") for n in range(4)])

    better = TaskSpec.model_validate(applied(task, counting.rule_changes(task, counted)))

    fields = {"subject": "S", "body": f"{WORDS}. {greeting}"}
    assert [mark.check for mark in checks.run(better, {}, fields)] == ["forbidden"]


def test_a_common_reason_becomes_a_line_of_the_guideline_and_switches_its_check_on() -> None:
    task = spec(guideline="Be brief.")
    counted = counting.count(task, [rejected(n, "wrong_fact") for n in range(4)])

    found = counting.rule_changes(task, counted)

    assert [(change.part, change.value) for change in found] == [
        ("check", "unsupported"),
        ("guideline", "Be brief.\nReviewers often reject for: Wrong fact. Check each draft for it."),
    ]
    assert found[0].decisions == ["r0", "r1", "r2", "r3"]
    assert "4 of 4" in found[0].why


def test_a_check_that_is_on_is_not_proposed() -> None:
    task = spec(checks=[{"kind": "unsupported"}])

    found = counting.rule_changes(task, counting.count(task, [rejected(n, "wrong_fact") for n in range(4)]))

    assert [change.part for change in found] == ["guideline"]


def test_edits_that_shorten_become_a_length_that_most_approved_texts_keep() -> None:
    task = spec()
    cases = [edited(n, f"{WORDS} {WORDS} {WORDS}", WORDS) for n in range(4)]

    [change] = [one for one in counting.rule_changes(task, counting.count(task, cases)) if one.part == "guideline"]

    assert "Keep the body at 10 words or fewer." in change.value
    assert change.decisions == ["e0", "e1", "e2", "e3"]


def test_a_label_that_edits_correct_is_no_phrase_to_forbid() -> None:
    labels = [{"name": "late delivery"}, {"name": "billing"}]
    output = [{"name": "queue", "type": "choice", "labels": labels}, {"name": "reply"}]
    task = spec(slots=[], output_schema=output)
    before, after = ({"queue": label, "reply": "We are sorry."} for label in ("late delivery", "billing"))
    cases = [Case(f"e{n}", "edit", {}, before, after) for n in range(5)]

    assert counting.rule_changes(task, counting.count(task, cases)) == []


def test_what_is_rare_makes_no_rule() -> None:
    cases = [rejected(n, "tone") for n in range(2)] + [edited(0, f"{WORDS} {WORDS}", WORDS)]

    assert counting.rule_changes(spec(), counting.count(spec(), cases)) == []


def test_proposed_changes_make_a_whole_task_and_are_proposed_once() -> None:
    task = spec()
    cases = [edited(n, f"Truly best in class. {WORDS}", WORDS) for n in range(4)]
    found = counting.rule_changes(task, counting.count(task, cases))

    after = TaskSpec.model_validate(applied(task, found))

    assert after.offer.forbidden_phrases == ("truly best in class",)
    assert {check.kind for check in after.checks} == {"forbidden"}
    again = counting.rule_changes(after, counting.count(after, cases))
    assert [change.part for change in again] == []
