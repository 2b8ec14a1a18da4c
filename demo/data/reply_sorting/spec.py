"""Task *Reply sorting*: one label for what an answer means, one for its language."""

from review.spec.schema import InputField, Label, OutputField
from review.spec.starters.parts import reasons, teacher_template
from review.spec.task_spec import Requirement, TaskSpec

MEANINGS = {
    "interested": "Wants a call, a demonstration or a trial.",
    "question": "Asks for something that has to be answered first: a price, a fact, a reference.",
    "referral": "Names another person or office as the one to write to.",
    "not_now": "Would look at it later, at a named time or once something has happened.",
    "not_interested": "Says no, however kindly, and names no later time.",
    "unsubscribe": "Wants no more mails, or the address deleted; an objection to advertising.",
    "out_of_office": "Tells of an absence, written by a person or sent by itself.",
    "machine": "Sent by a program: a receipt, a ticket, a full or closed mailbox.",
    "other": "None of these: thanks alone, a mix-up, an offer of theirs, an unpaid bill.",
}
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "it": "Italian", "nl": "Dutch", "es": "Spanish"}

SPEC = TaskSpec(
    instruction=(
        "Sort a prospect's answer to our mail by what it means, and say which language it is written in. Read only what the "
        "prospect wrote: our own mail is often quoted below."
    ),
    input_schema=(
        InputField(name="subject", role="title", required=True, description="The subject of the answer."),
        InputField(name="company", role="group", required=True, description="Who answered."),
        InputField(name="reply", required=True, description="The answer as it came, with what it quotes."),
    ),
    output_schema=(
        OutputField(
            name="meaning",
            type="choice",
            labels=tuple(Label(name=name, description=description) for name, description in MEANINGS.items()),
        ),
        OutputField(
            name="language",
            type="choice",
            description="Of the prospect's own words.",
            labels=tuple(Label(name=name) for name in LANGUAGES.values()),
        ),
    ),
    record_noun="reply",
    rubric=(
        Requirement(name="what they want", description="The label is what the writer wants to happen next."),
        Requirement(name="own words only", description="Neither a quoted mail nor a signature decides."),
    ),
    reasons=reasons(unclear="Reply is unclear", several="Several answers in one"),
    guideline=(
        "A wish to hear no more wins over everything else. Who names another person to write to is a referral, unless the mail "
        "was sent by a program: a notice that somebody has left the company is a machine's. Praise before a no is still a no. "
        "No time for it now, with a time named, is not_now."
    ),
    teacher_template=teacher_template("label"),
    student_template="Sort the reply.\n{{facts}}",
)
