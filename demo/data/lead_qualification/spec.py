"""Task *Lead qualification*: a label that follows from four rules, and the steps that lead to it."""

from review.spec.schema import InputField, Label, OutputField
from review.spec.starters.parts import checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

QUALIFIED, NOT_QUALIFIED, NEEDS_RESEARCH = "qualified", "not_qualified", "needs_research"
LABELS = {
    QUALIFIED: "All four rules are met.",
    NOT_QUALIFIED: "A rule is broken, whatever is not known of the others.",
    NEEDS_RESEARCH: "No rule is broken, and of one at least the notes do not tell.",
}

SPEC = TaskSpec(
    instruction=(
        "Say whether the company qualifies as a lead. Go through the rules one by one, work out what the notes only imply (sums, "
        "products, months), then decide: one broken rule is enough for no, and what nobody knows has to be researched."
    ),
    input_schema=(
        InputField(name="company", role="group", required=True, description="Who might buy."),
        InputField(name="rules", required=True, description="What a lead has to meet: people, sector, budget, timing."),
        InputField(name="notes", required=True, description="What is known of the company."),
    ),
    output_schema=(
        OutputField(
            name="steps",
            role="reasoning",
            max_words=80,
            required=False,
            description="What each rule comes to, one short clause each, then the label.",
        ),
        OutputField(
            name="lead",
            type="choice",
            labels=tuple(Label(name=name, description=meaning) for name, meaning in LABELS.items()),
        ),
    ),
    record_noun="lead",
    checks=checks("length", "reasoning"),
    rubric=(
        Requirement(name="all rules", description="Each of the four rules is looked at."),
        Requirement(name="numbers worked out", description="Sums and products are right."),
    ),
    reasons=reasons(unclear="Notes are unclear"),
    guideline="A broken rule decides before an unknown one does. A bound that is just met is met.",
    teacher_template=teacher_template("decision"),
    student_template="Qualify the lead.\n{{facts}}",
)
