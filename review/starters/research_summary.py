"""Starter: what a page says about a company, in a few sentences, each claim with its quote."""

from review.schema import InputField, OutputField, OutputItem
from review.spec import Check, Reason, Requirement, TaskSpec
from review.starters.starter import Starter

SPEC = TaskSpec(
    instruction=(
        "Summarise what this page says about the company for a colleague who will call it tomorrow. Then list the "
        "claims "
        "the summary rests on, each with the exact words of the page."
    ),
    input_schema=(
        InputField(name="company", role="group", required=True, description="The company the page is about."),
        InputField(name="title", role="title", description="The title of the page."),
        InputField(name="url", type="url", description="Where the page stands."),
        InputField(name="text", required=True, description="The text of the page."),
    ),
    output_schema=(
        OutputField(name="summary", role="body", min_words=20, max_words=120, description="Three to five sentences."),
        OutputField(
            name="claims",
            type="list",
            role="claims",
            description="What the summary rests on.",
            items=(
                OutputItem(name="text", description="the claim in one sentence", max_chars=300),
                OutputItem(name="quote", description="the page's own words", max_chars=600),
                OutputItem(name="url", description="where they stand"),
            ),
        ),
    ),
    checks=(
        Check(kind="length"),
        Check(kind="placeholders"),
        Check(kind="unsupported", fields=("summary", "claims")),
        Check(kind="repetition"),
    ),
    rubric=(
        Requirement(name="true to the page", description="Nothing is said that the page does not say."),
        Requirement(
            name="useful tomorrow", description="It tells what a caller needs: what they do, for whom, what is new."
        ),
        Requirement(name="quotes are exact", description="Each quote stands on the page word for word."),
    ),
    reasons=(
        Reason(digit=1, code="wrong_fact", label="Wrong fact"),
        Reason(digit=2, code="missing", label="Misses the point"),
        Reason(digit=3, code="too_long", label="Too long"),
        Reason(digit=4, code="quote", label="Quote not exact"),
        Reason(digit=5, code="other", label="Other"),
    ),
    guideline="Keep numbers as the page writes them. What the page does not say is left out, however likely it is.",
    teacher_template="""\
=== system ===
{{instruction}}

A good summary meets every one of these:
{{rubric}}

House rules: {{guideline}}

Write in the language '{{language}}'. {{output_format}}
=== user ===
{{facts}}
""",
    student_template="Summarise the page and list its claims.\n{{facts}}",
)

STARTER = Starter(
    slug="research-summary",
    name="Research summary",
    summary="What a web page says about a company, in a few sentences, with a quote for each claim.",
    spec=SPEC,
    facts={
        "company": "Harrow Bay Ferries",
        "title": "Harrow Bay Ferries orders two electric ships",
        "url": "https://harrow-bay.example/news",
        "text": (
            "Harrow Bay Ferries has ordered two electric ships for its island line. They will carry 180 cars each "
            "and enter "
            "service in 2028. The yard in Gdansk begins work this autumn."
        ),
    },
    fields={
        "summary": (
            "Harrow Bay Ferries is renewing the fleet of its island line with two electric ships of 180 cars each. "
            "They enter "
            "service in 2028; the yard in Gdansk begins this autumn."
        ),
        "claims": [
            {
                "text": "Two electric ships are on order.",
                "quote": "Harrow Bay Ferries has ordered two electric ships for its island line.",
                "url": "https://harrow-bay.example/news",
            }
        ],
    },
)
