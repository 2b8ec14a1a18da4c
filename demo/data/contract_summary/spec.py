"""Task *Contract summary*: term, notice, fee, liability and law of an agreement, as they stand after its amendments."""

from review.spec.schema import InputField, OutputField
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

SPEC = TaskSpec(
    instruction=(
        "Sum up the agreement for the customer's buyer, from its clauses and nothing else: how long it runs, how it ends, what it "
        "costs, who is liable up to which sum, which law holds. What an amendment changed is told as it stands now."
    ),
    input_schema=(
        InputField(name="customer", role="group", required=True, description="Who is bound."),
        InputField(name="contract", role="title", required=True, description="Its name and number."),
        InputField(name="agreement", type="document", required=True, description="Its clauses, amendments last."),
    ),
    output_schema=(
        OutputField(
            name="summary", role="body", min_words=25, max_words=110, description="Five sentences, in that order."
        ),
    ),
    record_noun="agreement",
    checks=checks("length", "placeholders", "unsupported", "repetition"),
    rubric=(
        Requirement(name="all five", description="Term, notice, fee, liability and law are told."),
        Requirement(name="as amended", description="Where an amendment changed a number, the new one is told."),
        Requirement(
            name="true to the clauses", description="No number, date or place that the agreement does not hold."
        ),
    ),
    reasons=reasons(wrong_fact="Wrong fact", left_out="Something left out", old="Amendment overlooked"),
    guideline="An agreement that says nothing of a matter is summed up as saying nothing of it.",
    teacher_template=teacher_template("summary"),
    student_template="Sum up the agreement.\n{{facts}}",
)
