"""The edit form: data to fields and back without loss, rows that come and go, mistakes at their place."""

from __future__ import annotations

import pytest

from review.spec.starters import STARTERS, Starter, outreach
from review.tasks import spec_form
from review.tasks.authoring import parse_spec
from web.errors import Refusal


def posted(sections: list[spec_form.FormSection]) -> dict[str, str]:
    """What a browser would send for a drawn form."""
    data: dict[str, str] = {}
    for section in sections:
        for control in [*section.controls, *(control for row in section.rows for control in row.controls)]:
            if control.spot.kind != "check":
                data[control.path] = str(control.value).replace("\n", "\r\n")
            elif control.value:
                data[control.path] = "1"
        for check in section.checks:
            data |= {f"checks.{check.kind}.fields": check.fields}
            data |= {f"checks.{check.kind}.on": "1"} if check.is_on else {}
    return data


@pytest.mark.parametrize("starter", STARTERS.values(), ids=list(STARTERS))
def test_a_form_sent_back_untouched_says_the_same(starter: Starter) -> None:
    data = posted(spec_form.sections(starter.spec.canonical(), {}))

    assert parse_spec(spec_form.body_from(data)) == starter.spec


def test_a_row_is_added_moved_and_removed() -> None:
    body = outreach.SPEC.canonical()

    added = spec_form.after_row_act(body, "add:rubric")
    moved = spec_form.after_row_act(body, "up:rubric:1")
    removed = spec_form.after_row_act(body, "remove:rubric:0")

    assert len(added["rubric"]) == len(body["rubric"]) + 1
    assert [row["name"] for row in moved["rubric"]][:2] == ["links it to the offer", "names a fact"]
    assert removed["rubric"] == body["rubric"][1:]


@pytest.mark.parametrize(
    "act", ["remove:rubric:99", "up:rubric:0", "remove:offer:0", "remove:rubric:-1", "add:", "save", ""]
)
def test_a_button_that_means_nothing_changes_nothing(act: str) -> None:
    body = outreach.SPEC.canonical()

    assert spec_form.after_row_act(body, act) == body


def test_a_blank_row_stays_while_rows_are_added_and_goes_when_the_form_is_read() -> None:
    data = posted(spec_form.sections(spec_form.after_row_act(outreach.SPEC.canonical(), "add:output_schema"), {}))

    assert len(spec_form.body_from(data, keeps_blank=True)["output_schema"]) == 3
    assert len(spec_form.body_from(data)["output_schema"]) == 2


def test_a_mistake_stands_beside_the_control_it_is_about() -> None:
    data = posted(spec_form.sections(outreach.SPEC.canonical(), {}))
    data |= {
        "input_schema.0.name": "Company Name",
        "output_schema.1.max_words": "many",
        "slots": "contact.first_name\r\nname",
    }
    body = spec_form.body_from(data)

    with pytest.raises(Refusal) as refusal:
        parse_spec(body)
    sections = {section.section.id: section for section in spec_form.sections(body, refusal.value.errors)}

    name = sections["facts"].rows[0].controls[0]
    words = next(c for c in sections["written"].rows[1].controls if c.spot.name == "max_words")
    slots = sections["slots"].controls[0]
    assert "Small letters" in name.errors[0]
    assert (words.value, words.errors) == ("many", ["Write a whole number."])
    assert slots.errors[0].startswith("Line 2: A slot has two parts")


def test_parts_of_a_list_keep_their_limit_and_their_words() -> None:
    spec = STARTERS["research-summary"].spec
    control = next(
        control
        for section in spec_form.sections(spec.canonical(), {})
        if section.section.id == "written"
        for control in section.rows[1].controls
        if control.spot.kind == "items"
    )

    assert control.value.splitlines() == [
        "text (300): the statement on its own",
        "quote (600): words of the source that bear it out",
        "url: address of that source",
    ]
