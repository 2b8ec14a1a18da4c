from __future__ import annotations

import pytest

from generation.diversity import judge_prompts
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from tests.generation.engine.conftest import TASK


@pytest.mark.parametrize(
    ("answer", "place"),
    [("B", 1), ("b.", 1), ("**A**", 0), ("Draft C", 2), ("(c)", 2), ("B\n\nIt is shorter.", 1), ("D", None), ("", None),
     ("A or B", None), ("Best", None), ("The best is A", None), ("1", None)],
)  # fmt: skip
def test_only_the_letter_of_a_draft_is_a_choice(answer: str, place: int | None) -> None:
    assert judge_prompts.parse_choice(answer, 3) == place


def test_a_judge_is_told_nothing_of_who_wrote_a_draft() -> None:
    spec = TaskSpec.model_validate(TASK)
    drafts = [{"subject": f"Subject {n}", "body": f"Body {n}"} for n in range(2)]

    said = judge_prompts.judge_conversation(spec, {"company": "Nord"}, drafts)

    assert "Draft A:\n```\nSubject: Subject 0\n\nBody 0" in said[1]["content"]
    assert "Draft B:\n```\nSubject: Subject 1" in said[1]["content"]
    assert "company: Nord" in said[1]["content"]


def test_the_order_of_drafts_is_the_same_each_time_and_not_that_of_their_ids() -> None:
    drafts = [str(n) for n in range(8)]

    orders = {tuple(judge_prompts.shuffled(f"order {n}", drafts)) for n in range(20)}

    assert judge_prompts.shuffled("one", drafts) == judge_prompts.shuffled("one", drafts[::-1])
    assert len(orders) > 15 and all(sorted(order) == drafts for order in orders)


def test_a_judges_answer_is_read_by_the_one_renderer() -> None:
    assert prompting.parse(judge_prompts.judge_task(), " B ") == {"choice": "B"}
