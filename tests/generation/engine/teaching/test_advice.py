from __future__ import annotations

import json

from generation.learning import advice_prompt, counting
from generation.learning.cases import Case
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK

SPEC = TaskSpec.model_validate(TASK)
CASES = [
    Case("d1", "reject", {"company": "Nord"}, {"subject": "S", "body": "Too loud!"}, None, ("tone",), "Shouts."),
    Case("d2", "edit", {"company": "Süd"}, {"subject": "S", "body": "Long."}, {"subject": "S", "body": "Short."}),
]


def change(part: str, value: str, cases: str = "1") -> dict[str, str]:
    return {"part": part, "value": value, "why": "Because.", "cases": cases}


def test_an_adviser_is_shown_rejections_and_edits_with_their_numbers() -> None:
    said = advice_prompt.advice_conversation(SPEC, CASES, counting.count(SPEC, CASES))[1]["content"]

    assert "Case 1: rejected\nReasons: tone\nNote: Shouts.\nFacts:\n```\ncompany: Nord" in said
    assert "Case 2: edited" in said and "After the edit:\n```\nsubject: S\nbody: Short.\n```" in said


def test_rejections_and_edits_take_turns_and_accepts_are_not_shown() -> None:
    cases = [Case(f"r{n}", "reject", {}, {}, None) for n in range(60)]
    cases += [Case(f"e{n}", "edit", {}, {}, {}) for n in range(3)] + [Case("a", "accept", {}, {}, {})]

    shown = [case.decision for case in advice_prompt.select_cases(cases)]

    assert shown[:6] == ["r0", "e0", "r1", "e1", "r2", "e2"] and shown[6] == "r3"
    assert len(shown) == advice_prompt.SHOWN_CASES


def test_an_answer_in_the_asked_shape_is_read_with_its_evidence() -> None:
    answer = json.dumps({"changes": [change("forbidden_phrase", "act now", "2, 1, 99"), change("Check", "spam")]})

    found = advice_prompt.parse_changes(SPEC, prompting.parse(advice_prompt.advice_task(), answer), CASES)

    assert [(one.part, one.value, one.decisions) for one in found] == [
        ("forbidden_phrase", "act now", ["d2", "d1"]),
        ("check", "spam", ["d1"]),
    ]


def test_what_the_task_says_already_and_parts_it_has_not_are_left_out() -> None:
    said = [change("instruction", SPEC.instruction), change("check", "telepathy"), change("student_template", "x"),
            change("guideline", ""), change("guideline", "x" * 10_000), change("offer", "y")]  # fmt: skip

    assert advice_prompt.parse_changes(SPEC, {"changes": said}, CASES) == []


def test_of_two_whole_wordings_of_one_text_the_first_counts() -> None:
    said = [change("instruction", "Write a short mail."), change("instruction", "Write a long mail.")]

    assert [one.value for one in advice_prompt.parse_changes(SPEC, {"changes": said}, CASES)] == ["Write a short mail."]


def test_an_answer_with_no_changes_is_no_fault() -> None:
    assert (
        advice_prompt.parse_changes(SPEC, prompting.parse(advice_prompt.advice_task(), '{"changes": []}'), CASES) == []
    )
