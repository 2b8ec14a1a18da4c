"""The edit form: data to fields and back without loss, rows that come and go, mistakes at their place."""

from __future__ import annotations

import re
from typing import Any

import pytest

from review.spec.json_schema import output_json_schema
from review.spec.output_format import output_format
from review.spec.schema import OutputField
from review.spec.starters import STARTERS, Starter, outreach
from review.tasks import spec_form
from review.tasks.authoring import parse_spec
from review.tasks.spec_sections import after_act, first_mistake, parts_from, value_lines
from tests.review.spec.test_values import SCHEMA
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


def test_brackets_without_end_are_a_line_like_any_other() -> None:
    assert len(parts_from("labels", "[" * 100_000)) == 1


def drawn(body: dict[str, Any], **given: Any) -> dict[str, spec_form.FormSection]:
    return {part.section.id: part for part in spec_form.sections(body, given.pop("errors", {}), **given)}


def test_sections_and_rows_are_drawn_folded_and_what_holds_a_mistake_never_is() -> None:
    body = outreach.SPEC.canonical()
    wrong = {
        "student_template": ["There is no {{nobody}}."],
        "rubric": ["Too many."],
        "input_schema.3.name": ["Taken."],
    }

    sound, mistaken = drawn(body), drawn(body, errors=wrong)

    assert {name for name, part in sound.items() if part.is_open} == {"task", "facts", "written"}
    assert not any(row.is_open for part in sound.values() for row in part.rows)
    assert mistaken["templates"].is_open and mistaken["rubric"].is_open
    assert [row.index for row in mistaken["facts"].rows if row.is_open] == [3]
    assert [mistaken[name].mistakes for name in ("templates", "rubric", "facts", "offer")] == [1, 1, 1, 0]
    assert first_mistake(list(mistaken.values())) == "id_input_schema-3-name"


def test_a_folded_row_and_section_tell_what_is_in_them() -> None:
    said = drawn(VALUES.canonical())

    rows = {row.title: row.gist for row in said["written"].rows}
    assert rows["topic"] == "One label · required · 3 labels"
    assert rows["amount"] == "Number"
    assert said["written"].gist.startswith("why, topic, ")
    assert drawn(outreach.SPEC.canonical())["offer"].gist.startswith("Seller, Product, ")
    assert re.fullmatch(r"\d+ of \d+ on", said["checks"].gist)


@pytest.mark.parametrize(
    ("act", "count", "opened", "focus"),
    [
        ("add:rubric", 4, {"row-rubric-1", "row-rubric-3"}, "id_rubric-3-name"),
        ("up:rubric:2", 4, {"row-rubric-1", "row-rubric-2"}, "row-rubric-1"),
        ("up:rubric:1", 4, {"row-rubric-0"}, "row-rubric-0"),
        ("remove:rubric:0", 3, {"row-rubric-0"}, "row-rubric-0"),
        ("remove:rubric:1", 3, set(), "row-rubric-1"),
        ("remove:rubric:0", 0, set(), "part-rubric"),
        ("remove:rubric:99", 3, {"row-rubric-1"}, ""),
        ("retype", 4, {"row-rubric-1"}, ""),
    ],
)
def test_open_rows_move_with_their_places_and_the_one_acted_on_is_open(
    act: str, count: int, opened: set[str], focus: str
) -> None:
    before = ["part-rubric", "row-reasons-1", *(["row-rubric-1"] if count else ["row-rubric-0"])]

    folds = after_act(before, act, count)

    assert folds.opened == opened | {"part-rubric", "row-reasons-1"}
    assert folds.focus == focus


def test_a_page_without_scripts_sees_the_row_it_acted_on() -> None:
    folds = after_act([], "up:rubric:1", 4)
    part = drawn(outreach.SPEC.canonical(), folds=folds)["rubric"]

    assert part.is_open and [row.index for row in part.rows if row.is_open] == [0]
    assert after_act([], "check", 0).opened is None


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


def test_every_type_is_sent_back_as_it_is() -> None:
    body = VALUES.canonical()

    again = parse_spec(spec_form.body_from(posted(spec_form.sections(body, {}))))

    assert again.output_schema == VALUES.output_schema
    assert again.record_nouns == "people"


VALUES = outreach.SPEC.model_copy(
    update={"output_schema": SCHEMA, "checks": (), "record_noun": "person", "record_noun_plural": "people"}
)


def test_a_row_shows_what_its_type_has() -> None:
    written = next(part for part in spec_form.sections(VALUES.canonical(), {}) if part.section.id == "written")
    shown = {row.controls[0].value: {control.spot.name for control in row.controls} for row in written.rows}

    common = {"name", "type", "role", "required", "description"}
    assert shown["topic"] == common | {"labels", "ordered"}
    assert shown["amount"] == common | {"minimum", "maximum", "decimals", "unit"}
    assert shown["urgent"] == common
    assert shown["order"] == common | {"items"}


def test_labels_in_order_are_kept_by_the_form_and_said_to_whoever_writes() -> None:
    body = VALUES.canonical()
    place = next(index for index, field in enumerate(VALUES.output_schema) if field.name == "topic")
    data = posted(spec_form.sections(body, {})) | {f"output_schema.{place}.ordered": "1"}

    spec = parse_spec(spec_form.body_from(data))

    assert [field.name for field in spec.output_schema if field.ordered] == ["topic"]
    assert "topic: one of, from least to most" in output_format(spec)
    assert "from least to most" not in output_format(VALUES)
    described = output_json_schema(spec)["properties"]["topic"]["description"]
    assert "The labels go from least to most." in described
    with pytest.raises(ValueError, match="only the labels of a choice are in order"):
        OutputField(name="tags", type="choices", labels=spec.output_schema[place].labels, ordered=True)


def test_a_fact_may_be_a_quote_and_a_number_with_a_range() -> None:
    body = STARTERS["blank"].spec.canonical()
    facts = [
        *body["input_schema"],
        {"name": "said", "type": "quote", "source": "text"},
        {"name": "stars", "type": "integer", "minimum": 1.0, "maximum": 5.0},
    ]
    spec = parse_spec(body | {"input_schema": facts})

    again = parse_spec(spec_form.body_from(posted(spec_form.sections(spec.canonical(), {}))))

    assert again == spec
    assert set(spec.canonical()["input_schema"][-2]) == {"name", "type", "role", "required", "description", "source"}
    assert [row.gist for row in drawn(spec.canonical())["facts"].rows[-2:]] == [
        "Quote from another fact · quoted from text",
        "Whole number",
    ]


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        ({"type": "quote", "source": "said"}, "which is not another fact of the input"),
        ({"type": "quote", "source": "gone"}, "which is not another fact of the input"),
        ({"type": "text", "source": "text"}, "only a quote names the fact it is from"),
        ({"type": "text", "minimum": 1}, "only numbers have a range and a unit"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "the least value 2.0 is above the greatest, 1.0"),
    ],
)
def test_a_fact_whose_parts_do_not_fit_its_type_is_refused(fact: dict[str, Any], says: str) -> None:
    body = STARTERS["blank"].spec.canonical()

    with pytest.raises(Refusal) as refusal:
        parse_spec(body | {"input_schema": [*body["input_schema"], {"name": "said"} | fact]})

    assert says in str(refusal.value.errors)


def test_a_text_that_becomes_a_label_keeps_no_role_of_texts() -> None:
    body = STARTERS["blank"].spec.canonical()
    form = posted(spec_form.sections(body, {})) | {"output_schema.0.type": "choice"}

    drawn = spec_form.body_from(form, keeps_blank=True)["output_schema"][0]
    kept = spec_form.body_from(posted(spec_form.sections(body, {})))["output_schema"][0]

    assert (drawn["type"], drawn["role"]) == ("choice", "")
    assert (kept["type"], kept["role"]) == ("text", "body")


def test_labels_are_lines_with_their_meaning_and_colour() -> None:
    labels = [
        {"name": "billing", "description": "Invoices: paid or not", "colour": "#aa0000"},
        {"name": "a: b", "description": "", "colour": ""},
    ]

    assert value_lines("labels", labels[:1]) == "billing: Invoices: paid or not #aa0000"
    # A label that a line could not say is shown as JSON, and read back.
    assert value_lines("labels", labels).startswith("[")


@pytest.mark.parametrize("place", ["\u00b2", "9" * 5000, "-1", ""])
def test_a_row_button_that_names_no_row_changes_nothing(place: str) -> None:
    body = outreach.SPEC.canonical()

    assert spec_form.after_row_act(body, f"up:rubric:{place}") == body
    assert after_act([], f"remove:rubric:{place}", 2).focus == ""


def test_a_number_of_thousands_of_digits_is_a_mistake_and_no_fault() -> None:
    data = posted(spec_form.sections(outreach.SPEC.canonical(), {}))
    data |= {"output_schema.0.max_chars": "9" * 5000, f"rubric.{'9' * 5000}.name": "One"}

    with pytest.raises(Refusal) as refused:
        parse_spec(spec_form.body_from(data))

    assert "output_schema.0.max_chars" in refused.value.errors
