"""Questions beside a task: the messages of a call, and the shape of its answer."""

from __future__ import annotations

from review.spec import questions
from review.spec.output_format import output_format
from review.spec.schema import OutputField


def test_a_question_ends_its_instructions_with_the_format_of_the_answer():
    answer = questions.answer_task("Judge it.", OutputField(name="passes", type="boolean"), about="text")

    system, user = questions.question("Be strict.", ["Facts:\nnone", "", "Text:\nx"], answer=answer)

    assert system == {"role": "system", "content": f"Be strict.\n\n{output_format(answer)}"}
    assert user == {"role": "user", "content": "Facts:\nnone\n\nText:\nx"}
    assert [field.name for field in answer.output_schema] == ["passes"]
