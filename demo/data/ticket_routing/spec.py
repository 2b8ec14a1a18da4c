"""Task *Ticket routing*: one label, the queue that a support ticket belongs to."""

from review.spec.schema import InputField, Label, OutputField
from review.spec.starters.parts import reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

QUEUES = {
    "billing": "Invoices, charges, refunds, prices of plans, payment methods.",
    "sign_in": "Passwords, lock-outs, two-factor, single sign-on, invitations that do not let somebody in.",
    "fault": "Something that should work is broken: errors, crashes, lost data, slow pages.",
    "how_to": "How do I, where is, can it do: there is no fault.",
    "integration": "API, webhooks, import from or sync with other programs.",
    "feature_request": "Something that Trellis cannot do and should.",
    "cancellation": "End, downgrade or close the account; delete data when leaving.",
}

SPEC = TaskSpec(
    instruction="Choose the queue for a support ticket about Trellis, a program for teams with boards, files and chat.",
    input_schema=(
        InputField(name="id", description="Number of the ticket."),
        InputField(name="customer", role="group", required=True, description="The company that writes."),
        InputField(name="subject", role="title", description="Subject of the ticket; some have none."),
        InputField(name="body", required=True, description="The ticket as it came."),
        InputField(name="plan", description="What the customer pays for."),
        InputField(name="channel", description="Where the ticket came in."),
    ),
    output_schema=(
        OutputField(
            name="queue",
            type="choice",
            labels=tuple(Label(name=name, description=description) for name, description in QUEUES.items()),
        ),
    ),
    record_noun="ticket",
    rubric=(
        Requirement(name="what they want", description="The queue is that of what the writer wants done."),
        Requirement(name="one queue", description="The rule of precedence decides between two."),
    ),
    reasons=reasons(unclear="Ticket is unclear", several="Several wishes in one"),
    guideline=(
        "What the writer wants done decides, not what the ticket mentions. Leaving beats billing. A broken integration is "
        "integration; a broken sign-in is sign_in."
    ),
    teacher_template=teacher_template("label"),
    student_template="{{fact.subject}}\n{{fact.body}}",
)
