"""One-key mends: what they put right, what they leave to a person, and that they never make anything worse."""

from __future__ import annotations

import pytest

from review.spec.paths import with_value
from review.spec.starters import outreach
from review.spec.task_spec import Check
from review.spec.values import normalise_fields
from review.text import checks
from review.text.checks import mends
from tests.review.factories import summary_spec

SPEC = outreach.SPEC.model_copy(update={"offer": outreach.SPEC.offer.model_copy(update={"seller": "Thermograph"})})
FACTS = {"company": "Lund Works", "sector": "cold logistics", "trigger": "opened a depot in Rotterdam", "size": 140}
BODY = (
    "Hi {{contact.first_name}},\n\nI read that Lund Works opened a depot in Rotterdam. A second place to watch can "
    "soon mean more claims, and 140 people cannot look at all of it by hand every day.\n\n"
    "Most teams in your trade hear of trouble when the load arrives, which is late for everybody who waits for it.\n\n"
    "Would a short call on Thursday be of use?\n\nBest regards,\nYour name"
)


def mended(body: str = BODY, *, subject: str = "A question") -> dict[str, tuple[str, str]]:
    """What each check offers: words and the text afterwards."""
    fields = {"subject": subject, "body": body}
    marks = [mark.as_json() for mark in checks.run(SPEC, FACTS, fields)]
    offered = mends.offered(SPEC, FACTS, fields, marks)
    assert len(offered) == len(marks)
    return {mark["check"]: (mend.words, mend.text) for mark, mend in zip(marks, offered, strict=True) if mend}


def test_a_sound_draft_is_offered_nothing() -> None:
    assert mended() == {}


def test_a_subject_is_cut_after_the_last_word_that_fits_and_says_something() -> None:
    words, text = mended(subject="A question about Lund Works and the new depot in Rotterdam")["length"]

    assert text == "A question about Lund Works and the new depot"
    assert words == "Cut to 45 characters"


def test_a_mail_that_is_too_long_loses_whole_sentences_those_without_support_first() -> None:
    padding = " ".join("Many others found this to be so in the long run too." for _ in range(9))
    varied = padding.replace("Many", "{}").format(*"abcdefghi")

    words, text = mended(BODY.replace("for it.", f"for it. {varied}"))["length"]

    assert words == "Drop 1 sentence" or words.startswith("Drop ")
    assert len(text.split()) <= 160
    assert "140 people" in text
    assert "Would a short call" in text
    assert text.endswith("Best regards,\nYour name")


@pytest.mark.parametrize(
    ("placeholder", "filled"),
    [("[Name]", "{{contact.first_name}}"), ("{{firstName}}", "{{contact.first_name}}"), ("[Company]", "Lund Works"),
     ("{{company}}", "Lund Works"), ("[Your Company]", "Thermograph"), ("<sector>", "cold logistics")],
)  # fmt: skip
def test_a_placeholder_is_filled_from_slots_facts_and_the_offer(placeholder: str, filled: str) -> None:
    words, text = mended(BODY.replace("of use?", f"of use to {placeholder}?"))["placeholders"]

    assert words == f"Fill in {filled}"
    assert f"of use to {filled}?" in text


def test_a_name_that_is_not_known_is_left_out_of_the_greeting() -> None:
    spec = SPEC.model_copy(update={"slots": ()})
    fields = {"subject": "A question", "body": BODY.replace("{{contact.first_name}}", "[Name]")}
    marks = [mark.as_json() for mark in checks.run(spec, FACTS, fields)]

    mend = next(mend for mend in mends.offered(spec, FACTS, fields, marks) if mend)

    assert mend.words == "Leave the name out"
    assert mend.text.startswith("Hi,\n\nI read")


def test_a_number_nobody_vouches_for_takes_its_sentence_along_and_nothing_else() -> None:
    words, text = mended(BODY.replace("Most teams", "Firms like yours cut claims by 77 %. Most teams"))["unsupported"]

    assert words == "Drop the sentence"
    assert text == BODY


def test_a_sentence_said_twice_is_deleted_once() -> None:
    again = (
        "Most teams in your trade hear of trouble when the load arrives, which is late for everybody who waits for it."
    )

    assert mended(BODY.replace("Would a", f"{again}\n\nWould a"))["repetition"] == ("Delete one", BODY)


def test_shouting_is_calmed_and_nothing_is_made_up() -> None:
    _, text = mended(BODY.replace("every day.", "every day!!!"))["spam"]

    assert text == BODY


def test_what_needs_a_person_has_no_mend() -> None:
    without_question = BODY.replace("Would a short call on Thursday be of use?", "That is how it is in most places.")

    assert "call_to_action" not in mended(without_question)
    assert "names_company" not in mended(BODY.replace("Lund Works", "your firm"))


def test_the_parts_of_a_list_are_mended_at_their_place() -> None:
    spec = summary_spec().model_copy(update={"checks": (Check(kind="placeholders", fields=("claims",)),)})
    facts = {"title": "Rain in Graz", "page": "It rained."}
    fields = {
        "summary": "Rain",
        "claims": [{"text": "a", "quote": "b", "url": ""}, {"text": "About [title]", "quote": "", "url": ""}],
    }
    marks = [mark.as_json() for mark in checks.run(spec, facts, fields)]

    mend = mends.offered(spec, facts, fields, marks)[0]

    assert mend is not None
    after = with_value(fields, mend.field, mend.text)
    assert after["claims"] == [fields["claims"][0], {"text": "About Rain in Graz", "quote": "", "url": ""}]
    assert fields["claims"][1]["text"] == "About [title]"


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("Would a", "We GUARANTEE results!! Act now. [Company] [Date] TODO.\n\nWould a"),
        BODY + " This is a game changer, XXX. 100 % free money for 900 people at Acme Holdings!!!",
        "Hi [Name],\n\n{{company}} {{company}} {{x}}.",
    ],
)
def test_pressing_on_ends_leaves_fewer_objections_and_every_step_fits_the_schema(body: str) -> None:
    fields = {"subject": "A very long subject that no phone in the world will ever show", "body": body}
    marks = [mark.as_json() for mark in checks.run(SPEC, FACTS, fields)]
    before = len(marks)

    for _ in range(30):
        mend = next((mend for mend in mends.offered(SPEC, FACTS, fields, marks) if mend), None)
        if mend is None:
            break
        fields = normalise_fields(SPEC.output_schema, with_value(fields, mend.field, mend.text))
        after = [mark.as_json() for mark in checks.run(SPEC, FACTS, fields)]
        assert len(after) <= len(marks)
        marks = after

    assert mend is None
    assert len(marks) < before
