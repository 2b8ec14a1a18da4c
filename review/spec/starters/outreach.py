"""Starter: a first e-mail to a prospect about one offer."""

from review.spec.schema import InputField, OutputField
from review.spec.starters.parts import Starter, checks, reasons
from review.spec.task_spec import Offer, Requirement, TaskSpec

TEACHER_TEMPLATE = """\
=== system ===
{{instruction}}

You write for this sender:
{{offer}}

A good mail meets every one of these:
{{rubric}}

House rules:
{{guideline}}

Two openings show the manner wanted. Good: "You opened a second depot in May, and sensors on 40 more trucks \
are a lot to watch." It begins with the reader and one fact. Bad: "I hope this finds you well. We are a \
leading provider." It begins with the writer and says nothing.

Write in the language '{{language}}'. {{output_format}}
=== user ===
What is known of the reader and the company:
{{facts}}

Greet with "Hi {{contact.first_name}}," exactly like this; it is filled in when the mail is sent.
"""
STUDENT_TEMPLATE = "Write the outreach e-mail.\n{{facts}}"

SPEC = TaskSpec(
    instruction=(
        "Write a first e-mail to one person at a company. Connect one fact about the company to one thing the offer "
        "can do "
        "for it, and end with one question that is easy to answer."
    ),
    offer=Offer(
        seller="Your company",
        product="Your product",
        description="one line on what it does and for whom",
        claims=("Replace this line by a claim you can prove, with its number.",),
        forbidden_phrases=("game changer", "revolutionary", "guaranteed results"),
        tone="plain, friendly and brief; one colleague writing to another",
        signature="Best regards,\nYour name\nYour company",
    ),
    language="en",
    input_schema=(
        InputField(
            name="company", role="group", required=True, description="The company's name; the mail must use it."
        ),
        InputField(name="domain", role="domain", description="Its web domain."),
        InputField(name="sector", required=True, description="What line of business it is in."),
        InputField(name="product", description="What it makes or sells."),
        InputField(name="size", description="How many people work there."),
        InputField(name="city", description="Where its head office is."),
        InputField(name="country", description="In which country."),
        InputField(name="founded", description="The year it began."),
        InputField(name="role", description="The reader's role."),
        InputField(name="trigger", description="What happened lately, as 'opened a second site in Lund'."),
        InputField(name="trigger_date", description="When that was, as you would write it."),
        InputField(name="tool", description="What they work with today."),
        InputField(name="pain", description="What gives them trouble."),
        InputField(name="goal", description="What they want to reach, as 'ship every order on time'."),
        InputField(name="notes", description="Anything else; may contradict the facts above."),
    ),
    output_schema=(
        OutputField(
            name="subject", role="subject", max_chars=50, description="Short: a phone's inbox cuts after 50 characters."
        ),
        OutputField(
            name="body",
            role="body",
            min_words=40,
            max_words=160,
            description="Greeting, two or three short paragraphs, signature.",
        ),
    ),
    slots=("contact.first_name",),
    checks=checks(
        "length",
        "placeholders",
        "call_to_action",
        "spam",
        "unsupported",
        "forbidden",
        "repetition",
        "spelling",
        "names_company",
    ),
    rubric=(
        Requirement(name="names a fact", description="It says something true that only fits this company."),
        Requirement(name="links it to the offer", description="It is plain why this offer, for this company, now."),
        Requirement(name="true to the offer", description="Every number and promise stands in the offer or the facts."),
        Requirement(name="one clear ask", description="It ends with one question that can be answered in a line."),
        Requirement(name="no hype", description="It sounds like one colleague writing to another."),
    ),
    reasons=reasons(wrong_fact="Wrong fact", tone="Tone", too_long="Too long", no_ask="No ask"),
    guideline=(
        "Numbers come from the facts or the offer, never from memory. Where the notes contradict a fact, leave that "
        "fact out. "
        "Write 60 to 120 words. One question only, at the end."
    ),
    teacher_template=TEACHER_TEMPLATE,
    student_template=STUDENT_TEMPLATE,
)

STARTER = Starter(
    slug="outreach",
    name="Outreach e-mail",
    summary="A first mail to a prospect that connects one fact about the company to your offer and asks one question.",
    spec=SPEC,
    facts={
        "company": "Northwind Cold Chain",
        "domain": "northwind-cold.example",
        "sector": "cold logistics",
        "size": "140",
        "city": "Aarhus",
        "country": "Denmark",
        "role": "Head of Operations",
        "trigger": "opened a depot in Rotterdam",
        "trigger_date": "3 May 2026",
        "tool": "spreadsheets",
        "pain": "spoilage claims",
    },
    fields={
        "subject": "Spoilage after the Rotterdam move?",
        "body": (
            "Hi {{contact.first_name}},\n\nI read that Northwind Cold Chain opened a depot in Rotterdam on 3 May. "
            "With 140 people "
            "and plans kept in spreadsheets, a second place to watch can soon mean more spoilage claims.\n\nYour "
            "product was made "
            "for teams in cold logistics who want to see trouble before a load is lost.\n\nWould a short call next "
            "week be of use?"
            "\n\nBest regards,\nYour name\nYour company"
        ),
    },
)
