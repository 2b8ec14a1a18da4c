"""The task *Company news*: the newest thing that a company's page tells, with the page's own sentence."""

from review.spec.schema import InputField, OutputField, OutputItem
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

SPEC = TaskSpec(
    instruction=(
        "A colleague writes to this company tomorrow. Say from the page alone what the company did this year, without its "
        "name, and copy the sentence that says so. Where the page tells nothing of this year, claim nothing."
    ),
    input_schema=(
        InputField(name="company", role="group", required=True, description="Whose page it is."),
        InputField(name="source_1", required=True, description="Text of the page."),
        InputField(name="source_1_url", type="url", description="Address of the page."),
    ),
    output_schema=(
        OutputField(
            name="claims",
            type="list",
            role="claims",
            required=False,
            description="What is new; none where the page tells nothing of this year.",
            items=(
                OutputItem(name="text", required=True, max_chars=120, description="What the company did."),
                OutputItem(name="quote", required=True, max_chars=240, description="The sentence that says so."),
            ),
        ),
    ),
    record_noun="company page",
    checks=checks("length", "placeholders", "quotes"),
    rubric=(
        Requirement(name="of this year", description="What is told happened in the year the page speaks of last."),
        Requirement(name="quote is exact", description="The sentence stands on the page, letter by letter."),
    ),
    reasons=reasons(unsupported="Not on the page", quote="Quote not exact", old="Not the newest"),
    guideline="What was founded or moved in an earlier year is no news.",
    teacher_template=teacher_template("claims"),
    student_template="What is new?\n{{facts}}",
)
