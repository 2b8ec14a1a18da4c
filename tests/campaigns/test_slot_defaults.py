"""Default words of a slot: read, refused where they are no plain words, and used where the value is empty."""

from __future__ import annotations

import time

import pytest

from campaigns.compose import text_checks
from campaigns.compose.render import Footer, UnfilledSlotError, render, unfilled_slots
from generation.engine.structured.answers import broken_limits
from review.spec.prompting import messages
from review.spec.schema import SLOT
from review.spec.starters import outreach
from review.spec.task_spec import TaskSpec
from review.text.edits import measure

FOOTER = Footer("Mara", "1 Quay Street", "https://ours.example/u/tok")
NAMELESS = {"contact.first_name": "", "contact.company": " ", "link.demo": "https://ours.example/c/tok"}
NOT_PLAIN = (
    "", " ", '"there"', "'there'", "\u201cthere\u201d", 'default: "there"', "default('there')", "there | upper",
    "[Name]", "<name>", "%NAME%", "a\nb", "x" * 61,
)  # fmt: skip


def words(body: str, slots: dict[str, str]) -> str:
    return render({"subject": "Hello", "body": body}, slots=slots, footer=FOOTER).text.split("\n\n-- ")[0]


@pytest.mark.parametrize(
    "default", ["there", "Sir or Madam", "l'équipe", "Sir/Madam", "Damen und Herren", "मित्र", "みなさん", "3 A"]
)
def test_a_default_stands_where_the_value_is_empty_and_only_there(default: str) -> None:
    body = f"Hi {{{{contact.first_name|{default}}}}}, see {{{{ contact.company | {default} }}}}."

    assert words(body, NAMELESS) == f"Hi {default}, see {default}."
    assert words(body, {**NAMELESS, "contact.first_name": "Ada", "contact.company": "Acme"}) == "Hi Ada, see Acme."
    assert unfilled_slots({"body": body}, NAMELESS) == []


def test_a_subject_takes_its_default_too() -> None:
    made = render({"subject": "For {{contact.first_name|you}}", "body": "Hi"}, slots=NAMELESS, footer=FOOTER)

    assert made.subject == "For you"


@pytest.mark.parametrize("default", NOT_PLAIN)
def test_a_default_that_is_no_plain_words_holds_the_mail(default: str) -> None:
    body = f"Hi {{{{contact.first_name|{default}}}}},"

    with pytest.raises(UnfilledSlotError):
        words(body, {**NAMELESS, "contact.first_name": "Ada"})
    assert [mark.check for mark in text_checks.mark_text({"body": body}, slots=NAMELESS)] == ["unknown_slot"]
    assert "one stroke" in text_checks.mark_text({"body": body}, slots=NAMELESS)[0].mend


@pytest.mark.parametrize("slot", ["{{contact.shoe_size|large}}", "{{link.demo|our demo}}", "{{|there}}"])
def test_a_default_makes_no_unknown_slot_known_and_no_link_a_word(slot: str) -> None:
    assert unfilled_slots({"body": slot}, NAMELESS) != []
    assert [mark.check for mark in text_checks.mark_text({"body": slot}, slots=NAMELESS)] == ["unknown_slot"]


def test_an_address_in_a_default_goes_out_as_plain_words() -> None:
    assert words("Hi {{contact.first_name|evil.example}}!", NAMELESS) == "Hi evil[.]example!"
    assert [
        mark.check for mark in text_checks.mark_text({"body": "{{contact.first_name|evil.example}}"}, slots=NAMELESS)
    ] == ["own_address"]


def test_a_prompt_keeps_a_default_of_a_slot_and_refuses_one_of_a_fact() -> None:
    spec = outreach.SPEC
    fact = f"fact.{spec.input_schema[0].name}"
    with_default = TaskSpec.model_validate(
        {**spec.model_dump(), "student_template": "Greet with Hi {{contact.first_name|there}},"}
    )

    asked = messages(with_default, {}, audience="student")

    assert asked[-1]["content"] == "Greet with Hi {{contact.first_name|there}},"
    for template in (f"{{{{{fact}|none}}}}", "{{facts|none}}", "{{contact.first_name|}}"):
        with pytest.raises(ValueError, match="unknown slot"):
            TaskSpec.model_validate({**spec.model_dump(), "student_template": template})


def test_a_task_declares_a_slot_by_its_name_alone() -> None:
    with pytest.raises(ValueError, match="slots"):
        TaskSpec.model_validate({**outreach.SPEC.model_dump(), "slots": ["contact.first_name|there"]})


def test_a_models_default_is_no_flaw_and_no_other_fact() -> None:
    spec = outreach.SPEC
    fields = {"subject": "A question", "body": "Hi {{contact.first_name|there}}, shall we talk?"}
    plain = {**fields, "body": "Hi {{contact.first_name}}, shall we talk?"}

    assert not [flaw for flaw in broken_limits(spec, fields) if "placeholder" in flaw]
    assert [flaw for flaw in broken_limits(spec, {"body": "{{contact.first_name|}}"}) if "placeholder" in flaw]
    assert "fact" not in measure(spec, {}, plain, fields).kinds


def test_long_runs_of_signs_are_read_in_no_time() -> None:
    started = time.process_time()

    for unit in (" ", " | a", " |", "|aa", "a "):
        assert SLOT.search("{{" + unit * 5_000) is None

    assert time.process_time() - started < 1
