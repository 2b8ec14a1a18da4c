"""Questions to a model beside a task, such as a judge's: the answer's shape and the messages of a call. Pure Python."""

from __future__ import annotations

from collections.abc import Iterable

from review.spec.output_format import output_format
from review.spec.prompting import Message
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import TaskSpec


def answer_task(instruction: str, *answer: OutputField, about: str) -> TaskSpec:
    """Return the task by which an answer is read. Calls bring their own messages: no template is filled in.

    Args:
        answer: Fields of the answer.
        about: Name of the material that the question shows.
    """
    return TaskSpec(
        instruction=instruction,
        input_schema=(InputField(name=about),),
        output_schema=answer,
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )


def question(system: str, parts: Iterable[str], *, answer: TaskSpec) -> list[Message]:
    """Return the messages of a question: instructions with the answer's format, then its parts, empty ones left out."""
    return [
        {"role": "system", "content": f"{system}\n\n{output_format(answer)}"},
        {"role": "user", "content": "\n\n".join(filter(None, parts))},
    ]
