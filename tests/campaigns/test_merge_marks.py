"""Marks that a mail merge left unfilled are told from names and words, in texts and in values."""

from __future__ import annotations

import pytest

from campaigns.compose import merge_marks
from campaigns.compose.render import Footer, UnfilledSlotError, UnfilledValueError, render
from campaigns.compose.text_checks import mark_text
from tests import pace

FOOTER = Footer("Mara Wick", "1 Quay Street", "https://ours.example/u/tok", "You asked for it.")
MARKS = [
    "{{first_name}}", "{{ contact.name | default: 'x' }}", "{{}}", "{{{name}}}", "{{x", "{% if x %}", "{# note #}",
    "*|FNAME|*", "*|IF:X|*", "[[name]]", "[[First Name]]", "[First Name]", "[FIRST_NAME]", "[Company]", "%FIRSTNAME%",
    "%%first_name%%", "%recipient.name%", "${name}", "#{name}", "<<First Name>>", "<name>", "<%= name %>",
    "{first_name}", "{Vorname}", "\u00abFirst_Name\u00bb", "@@first_name@@",
]  # fmt: skip
WORDS = [
    "Ada", "[x+1]", "<Company Ltd>", "{dsgn}", "50% of 20%", "5%-10%", "A*|B", "OOO \u00abРомашка\u00bb",
    "Le \u00abNom\u00bb", "[EXTERNAL]", "a < b > c", "$5 {of} many", "see [1] and [2]", "Save 20% NOW and 30% LATER",
    "use (name) here", "[acme.com]", "O'Neil-Smith", "#1 {x}",
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_in_a_text_or_a_value_is_never_sent(mark: str) -> None:
    fields = {"subject": "Hello", "body": f"Hi {mark},\n\nwould a call help?"}

    with pytest.raises(UnfilledSlotError):
        render(fields, slots={"first_name": "Ada"} if mark != "{{first_name}}" else {}, footer=FOOTER)
    with pytest.raises(UnfilledValueError, match=r"contact\.company holds"):
        render(
            {"subject": "For {{contact.company}}", "body": "Hi"},
            slots={"contact.company": f"The {mark} Ltd"},
            footer=FOOTER,
        )
    assert [each.check for each in mark_text(fields, slots=())] == ["unknown_slot"]


@pytest.mark.parametrize("words", WORDS)
def test_words_that_look_like_a_mark_go_out(words: str) -> None:
    fields = {"subject": f"For {words}", "body": f"Hi {{{{contact.company}}}}, {words}."}

    made = render(fields, slots={"contact.company": words}, footer=FOOTER, names={"contact.first_name": words})

    assert made.subject.startswith("For ")


@pytest.mark.parametrize("field", ["sender", "postal_address", "reason"])
def test_a_footer_and_the_names_in_headers_are_looked_at_too(field: str) -> None:
    values = {"sender": "Mara", "postal_address": "Quay 1", "reason": "You asked.", field: "From *|COMPANY|*"}
    footer = Footer(unsubscribe_url="https://ours.example/u/tok", **values)

    with pytest.raises(UnfilledValueError, match=r"holds \*\|COMPANY\|\*"):
        render({"subject": "Hello", "body": "Hi"}, slots={}, footer=footer)
    with pytest.raises(UnfilledValueError, match=r"contact\.last_name holds"):
        render({"subject": "Hello", "body": "Hi"}, slots={}, footer=FOOTER, names={"contact.last_name": "{{last}}"})


def test_a_value_that_no_text_uses_holds_nothing() -> None:
    made = render({"subject": "Hello", "body": "Hi"}, slots={"contact.company": "{{company}}"}, footer=FOOTER)

    assert made.text.startswith("Hi")


def test_what_looks_like_a_slot_in_a_quoted_subject_is_words() -> None:
    fields = {"subject": "Re: [[EXTERNAL]] {{name}}", "body": "Yes."}

    assert render(fields, slots={}, footer=FOOTER, quoted_subject=True).subject == "Re: [[EXTERNAL]] {{name}}"
    with pytest.raises(UnfilledSlotError):
        render(fields, slots={}, footer=FOOTER)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("unit", ["{{", "[", "%A", "<<", "*|", "{a_", "%a_b", "\u00ab a"])
def test_marks_are_looked_for_in_time_that_grows_with_the_length(unit: str) -> None:
    with pace.within(1):
        list(merge_marks.marks_in(unit * 10_000))
