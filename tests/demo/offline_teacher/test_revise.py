"""The offline teacher writes a draft again, and really does what it is told."""

from __future__ import annotations

import pytest

from demo.offline_teacher import revise, write
from review.spec import revision_prompts
from review.spec.schema import Fields
from review.spec.starters import outreach
from review.spec.task_spec import TaskSpec
from review.text import checks

SPEC = outreach.SPEC
FACTS = {
    "company": "Aarhus Works", "sector": "cold logistics", "trigger": "opened a depot in Basel",
    "tool": "spreadsheets", "size": 40, "city": "Aarhus",
}  # fmt: skip


def draft(seed: int = 1, defect_rate: float = 0.0) -> Fields:
    fields = [{"name": f.name, "type": f.type, "items": []} for f in SPEC.output_schema]
    offer = SPEC.offer.model_dump(mode="json")
    return dict(write(facts=FACTS, offer=offer, output_fields=fields, seed=seed, defect_rate=defect_rate).fields)


def words(fields: Fields) -> int:
    return len(fields["body"].split())


def test_shorter_drops_statements_and_keeps_greeting_question_and_signature() -> None:
    before = draft()

    after = revise(SPEC, FACTS, before, "shorter, please")

    assert words(after) < words(before) * 0.85
    opening = before["body"].split("\n\n")[1].split(".")[0]
    assert after["body"].startswith(f"Hi {{{{contact.first_name}}}},\n\n{opening}")
    assert "?" in after["body"]
    assert after["body"].endswith(SPEC.offer.signature.strip())
    assert after["subject"] == before["subject"]


def test_what_shall_be_mentioned_is_told_from_the_facts() -> None:
    after = revise(SPEC, FACTS, draft(), "mention the city")

    assert "Aarhus" in after["body"].replace("Aarhus Works", "")


def test_more_concrete_tells_a_fact_that_was_not_told() -> None:
    before = draft()

    after = revise(SPEC, FACTS, before, revision_prompts.PRESETS[2].instruction)

    added = after["body"].replace(before["body"], "")
    assert any(str(value) in added and str(value) not in before["body"] for value in FACTS.values())


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("seed", range(40))
def test_mending_leaves_fewer_marks_than_there_were(seed: int) -> None:
    before = draft(seed, defect_rate=1.0)
    marks = checks.run(SPEC, FACTS, before)

    after = revise(SPEC, FACTS, before, "Mend what is marked.")

    assert len(checks.run(SPEC, FACTS, after)) < len(marks) or not marks
    assert after["body"].strip()


@pytest.mark.parametrize("wish", ["do it differently", "nope", "hm"])
def test_a_wish_it_does_not_understand_still_changes_the_text(wish: str) -> None:
    assert revise(SPEC, FACTS, draft(), wish) != draft()


def test_the_same_wish_gives_the_same_text() -> None:
    assert revise(SPEC, FACTS, draft(3), "warmer and shorter") == revise(SPEC, FACTS, draft(3), "warmer and shorter")


def test_tasks_that_are_no_mail_are_revised_too() -> None:
    spec = TaskSpec.model_validate(
        {
            "instruction": "Answer.", "teacher_template": "{{facts}}", "student_template": "{{facts}}",
            "input_schema": [{"name": "question"}], "output_schema": [{"name": "reply", "role": "body"}],
        }
    )  # fmt: skip
    before = {"reply": "Thank you. We look into it. It takes a day. Please write again."}

    assert revise(spec, {"question": "When?"}, before, "shorter")["reply"] == "Thank you. We look into it."


def test_the_instruction_is_read_back_from_the_conversation() -> None:
    said = revision_prompts.messages(SPEC, FACTS, prompt=[], draft=draft(), instruction="Shorter, mention the audit")

    assert revision_prompts.instruction_of(said) == "Shorter, mention the audit"
    assert [message["role"] for message in said] == ["system", "user", "assistant", "user"]
    assert revision_prompts.instruction_of(said[:-2]) == ""


def test_the_preset_for_marks_names_them() -> None:
    fields = draft(2, defect_rate=1.0)
    marks = [mark.as_json() for mark in checks.run(SPEC, FACTS, fields)]

    offered = revision_prompts.presets(marks, fields)

    assert [preset.label for preset in offered][-1] == "Fix what is marked"
    assert marks[0]["message"] in offered[-1].instruction
    assert len(offered[-1].instruction) <= revision_prompts.LONGEST_INSTRUCTION
    assert len(revision_prompts.presets([], fields)) == len(offered) - 1
