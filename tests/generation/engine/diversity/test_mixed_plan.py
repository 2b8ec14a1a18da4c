from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from typing import Any

from generation.engine import prompts
from generation.engine.contracts import GenerationSpec
from generation.engine.plan import plan
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK

ORDER = str(uuid.UUID(int=7))


def teacher(name: str, **over: Any) -> dict[str, Any]:
    return {"name": name, "provider": "offline", "model": name, **over}


def spec(*, count: int, records: int, **mix: Any) -> GenerationSpec:
    named = [{"id": str(n), "facts": {"company": f"Co {n}"}, "company": [f"name co {n}"]} for n in range(records)]
    return GenerationSpec.model_validate(
        {"order": ORDER, "task": TASK, "teacher": teacher("a"), "records": named, "count": count, "mix": mix}
    )


def two(a: float = 1, b: float = 1) -> list[dict[str, Any]]:
    return [{"teacher": teacher("a"), "share": a}, {"teacher": teacher("b"), "share": b}]


def test_an_order_without_a_mix_plans_as_it_did_before_there_were_any() -> None:
    calls = plan(spec(count=5, records=3))

    assert [call.record.id for call in calls] == ["0", "1", "2", "0", "1"]
    assert [call.repeat for call in calls] == [0, 0, 0, 1, 1]
    assert {(call.teacher, call.temperature, call.persona, call.angle) for call in calls} == {(0, None, "", "")}
    assert calls[4].id == str(uuid.uuid5(uuid.UUID(ORDER), "4"))


def test_a_spec_written_before_mixes_is_read() -> None:
    old = spec(count=1, records=1).model_dump(mode="json")
    del old["mix"], old["records"][0]["company"], old["records"][0]["not_angle"]

    assert plan(GenerationSpec.model_validate(old))[0].teacher == 0


def test_shares_are_exact_over_the_order() -> None:
    calls = plan(spec(count=100, records=100, teachers=two(7, 3)))

    assert Counter(call.teacher for call in calls) == {0: 70, 1: 30}


def test_two_drafts_of_a_record_come_from_two_teachers() -> None:
    by_record = defaultdict(set)
    for call in plan(spec(count=40, records=20, teachers=two())):
        by_record[call.record.id].add(call.teacher)

    assert all(asked == {0, 1} for asked in by_record.values())


def test_an_order_that_ends_early_has_kept_its_shares() -> None:
    calls = plan(spec(count=400, records=100, teachers=two(3, 1)))

    for upto in (20, 50, 100, 200):
        share = sum(call.teacher == 0 for call in calls[:upto]) / upto
        assert abs(share - 0.75) < 0.11


def test_personas_angles_and_temperatures_are_independent_of_the_teacher() -> None:
    mixed = two()
    mixed[0]["temperatures"] = mixed[1]["temperatures"] = [0.2, 0.8]

    calls = plan(spec(count=160, records=160, teachers=mixed, personas=["p", "q"], angles=["x", "y", "z", "w"]))

    combinations = Counter((call.teacher, call.persona, call.angle, call.temperature) for call in calls)
    assert len(combinations) == 2 * 2 * 4 * 2
    assert set(combinations.values()) == {5}


def test_a_record_whose_draft_repeated_is_given_another_angle() -> None:
    asked = spec(count=1, records=1, angles=["x", "y"])
    first = plan(asked)[0].angle
    asked.records[0].not_angle = first

    assert plan(asked)[0].angle == {"x": "y", "y": "x"}[first]


def test_examples_are_never_of_the_records_own_company() -> None:
    shots = [
        {"decision": f"d{n}", "company": [f"name co {n}"], "facts": {"company": f"Co {n}"},
         "fields": {"subject": f"S{n}", "body": f"B{n}"}}
        for n in range(3)
    ]  # fmt: skip
    asked = spec(count=3, records=3, shots=shots, shown=2)
    task = TaskSpec.model_validate(TASK)

    for call in plan(asked):
        shown = prompts.provenance(asked, call)["examples"]
        said = prompts.prompt_of(asked, task, call)
        assert len(shown) == 2 and f"d{call.record.id}" not in shown
        assert [message["role"] for message in said] == ["user", "assistant"] * 2 + ["user"]
        assert f"B{call.record.id}" not in str(said[:-1])


def test_a_student_is_told_of_no_mix() -> None:
    asked = spec(count=1, records=1, personas=["A buyer."], teachers=[{"teacher": teacher("m", audience="student")}])

    said = prompts.prompt_of(asked, TaskSpec.model_validate(TASK), plan(asked)[0])

    assert said == [{"role": "user", "content": "company: Co 0"}]
