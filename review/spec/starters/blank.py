"""Starter: the least a task can be, for those who know what they want."""

from review.spec.schema import InputField, OutputField
from review.spec.starters.parts import Starter, checks, reasons
from review.spec.task_spec import Requirement, TaskSpec

SPEC = TaskSpec(
    instruction="Say here what is to be written, for whom, and to what end.",
    input_schema=(
        InputField(name="title", role="title", required=True, description="What tells one record from another."),
        InputField(name="text", description="What there is to work from."),
    ),
    output_schema=(OutputField(name="text_out", role="body", max_words=200, description="What comes back."),),
    checks=checks("length", "placeholders", "repetition"),
    rubric=(Requirement(name="does the job", description="Say what a good answer has that a poor one lacks."),),
    reasons=reasons(wrong="Wrong", poor="Poorly written"),
    teacher_template="{{instruction}}\n\nA good answer meets every one of "
    "these:\n{{rubric}}\n\n{{output_format}}\n\n{{facts}}",
    student_template="{{facts}}",
)

STARTER = Starter(
    slug="blank",
    name="Blank",
    summary="One text from a title and a text: the least a task can be, ready to become anything.",
    spec=SPEC,
    facts={"title": "A first record", "text": "What there is to work from."},
    fields={"text_out": "What comes back."},
)
