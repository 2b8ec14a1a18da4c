"""Tasks that sort replies or answer them, as a lead makes them."""

from __future__ import annotations

from campaigns.states import ReplyClass
from members.models import Member
from review.models import Task
from review.spec.schema import InputField, Label, OutputField
from review.spec.task_spec import TaskSpec
from tests.review.factories import make_task


def sorting_spec(*, with_language: bool = False, needs: str = "reply") -> TaskSpec:
    meaning = OutputField(name="meaning", type="choice", labels=tuple(Label(name=name) for name in ReplyClass.values))
    language = OutputField(name="language", type="choice", labels=(Label(name="English"), Label(name="German")))
    return TaskSpec(
        instruction="Sort the reply.",
        input_schema=(
            InputField(name="subject", role="title", required=True),
            InputField(name="company", role="group", required=True),
            InputField(name=needs, required=True),
        ),
        output_schema=(meaning, language) if with_language else (meaning,),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )


def answer_spec() -> TaskSpec:
    return TaskSpec(
        instruction="Answer the reply.",
        input_schema=(
            InputField(name="subject", role="title", required=True),
            InputField(name="company", role="group", required=True),
            InputField(name="conversation", type="conversation", required=True),
            InputField(name="reply", required=True),
            InputField(name="sender"),
        ),
        output_schema=(OutputField(name="answer", role="body"),),
        slots=("contact.first_name",),
        teacher_template="{{facts}}",
        student_template="{{facts}}",
    )


def make_sorting_task(by: Member, **asked: object) -> Task:
    return make_task(by=by, slug="sorting", spec=sorting_spec(**asked))  # type: ignore[arg-type]


def make_answer_task(by: Member) -> Task:
    return make_task(by=by, slug="answering", spec=answer_spec())
