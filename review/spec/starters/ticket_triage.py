"""Starter: which kind of ticket a message is, whether it hurries, and what sum it names."""

from review.spec.schema import InputField, Label, OutputField
from review.spec.starters.parts import Starter, checks, reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

LABELS = {
    "billing": "An invoice, a charge, a refund or a plan.",
    "bug": "Something in the product does not work as it should.",
    "how_to": "A question on how something is done.",
    "access": "Signing in, passwords, roles, locked accounts.",
    "other": "None of these, or several that no one of them leads.",
}
SPEC = TaskSpec(
    instruction=(
        "Sort the customer's message: one category, whether it hurries, and the sum it is about, if it names one. "
        "Where two categories fit, take the one that has to be settled first."
    ),
    input_schema=(
        InputField(name="ticket", role="title", required=True, description="Its number or subject."),
        InputField(name="customer", role="group", description="Who sent it."),
        InputField(name="message", required=True, description="The text they sent."),
    ),
    output_schema=(
        OutputField(
            name="why",
            role="reasoning",
            max_words=40,
            description="One sentence that ends on the category.",
            required=False,
        ),
        OutputField(
            name="category",
            type="choice",
            labels=tuple(Label(name=name, description=meaning) for name, meaning in LABELS.items()),
        ),
        OutputField(name="urgent", type="boolean", description="Whether somebody cannot work until it is settled."),
        OutputField(
            name="amount", type="number", minimum=0, decimals=2, required=False, description="The sum that is named."
        ),
    ),
    record_noun="ticket",
    checks=checks("length", "reasoning"),
    rubric=(
        Requirement(name="first thing first", description="The category is the one that has to be settled first."),
        Requirement(name="urgency is theirs", description="Urgent is what stops the customer's work, not their tone."),
    ),
    reasons=reasons(unclear="Message is unclear", several="Several tickets in one"),
    guideline="An angry message is not urgent by itself. A sum counts only where the message names it.",
    teacher_template=teacher_template("label"),
    student_template="Sort the ticket.\n{{facts}}",
)

STARTER = Starter(
    slug="ticket-triage",
    name="Ticket triage",
    summary="A category, whether it hurries, and the sum it names: labels, yes or no, and a number.",
    spec=SPEC,
    facts={
        "ticket": "Charged twice in April",
        "customer": "Alder & Pike",
        "message": (
            "Our card was charged twice, 118.80 each time. Nothing else is wrong, but our books close on Friday."
        ),
    },
    fields={
        "why": "A double charge has to be taken back, so it is billing.",
        "category": "billing",
        "urgent": False,
        "amount": 118.8,
    },
)
