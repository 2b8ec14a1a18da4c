"""Values inside objects and lists are drawn as what they are, picked where they stand, and read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from members.models import Member
from review.desk import forms
from review.desk.cards.assembly import card_to_read
from review.models import Decision, Draft, Task
from review.spec.schema import Label, OutputField, OutputItem
from review.spec.task_spec import Check, TaskSpec
from review.spec.values import normalise_fields
from review.states import Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, saved

KINDS = tuple(Label(name=name) for name in ("part", "service", "fee"))
FIELDS: dict[str, Any] = {
    "lines": [
        {"name": "pump", "kind": "part", "tags": ["fee"], "urgent": True, "amount": 2.5},
        {"name": "visit", "kind": "service", "tags": [], "urgent": None, "amount": None},
    ],
    "buyer": {"city": "Graz", "seat": {"known": False, "since": "2020-01-31"}},
}


def nested_spec() -> TaskSpec:
    lines = (
        OutputItem(name="name", required=True),
        OutputItem(name="kind", type="choice", labels=KINDS),
        OutputItem(name="tags", type="choices", labels=KINDS),
        OutputItem(name="urgent", type="boolean"),
        OutputItem(name="amount", type="number", unit="EUR"),
    )
    seat = (OutputItem(name="known", type="boolean", required=True), OutputItem(name="since", type="date"))
    buyer = (OutputItem(name="city"), OutputItem(name="seat", type="object", items=seat))
    output = (
        OutputField(name="lines", type="list", items=lines),
        OutputField(name="buyer", type="object", items=buyer, required=False),
    )
    return factories.triage_spec().model_copy(update={"output_schema": output})


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=nested_spec(), slug="orders")
    factories.make_drafts(task, factories.make_records(factories.make_source(task), 2), fields=[FIELDS, FIELDS])
    return task


# What the boxes of an editor hold by path, and the fields that it says.
GATHERED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"points.0": " ", "points.1": "One point"}, {"points": ["One point"]}),
    ({"lines.0.name": "", "lines.1.name": "pump"}, {"lines": [{"name": "pump"}]}),
    ({"lines.0.name": "", "lines.0.tags": ["fee"]}, {"lines": [{"name": "", "tags": ["fee"]}]}),
    (
        {"order.lines.0.name": "", "order.lines.0.kind": "", "order.lines.1.name": "visit", "order.lines.1.kind": ""},
        {"order": {"lines": [{"name": "visit", "kind": ""}]}},
    ),
    ({"order.points.0": "", "order.points.1": "One point"}, {"order": {"points": ["One point"]}}),
    ({"orders.0.city": "Graz", "orders.0.lines.0.name": ""}, {"orders": [{"city": "Graz", "lines": []}]}),
    ({"orders.0.city": "", "orders.0.lines.0.name": "", "orders.1.city": "Linz"}, {"orders": [{"city": "Linz"}]}),
]
GATHER = """(pairs) => import("/static/js/desk/editing.js").then(({ gathered }) =>
  gathered(pairs.map(([path, value]) => [path.split("."), value])))"""


def drawn(draft: Draft, unfinished: Any = None) -> dict[str, Any]:
    card = card_to_read(draft, etag="1", unfinished=unfinished)
    return {text.path: text for text in card.texts}


@pytest.mark.django_db
def test_a_quote_that_is_empty_is_told_and_one_word_is_one(admin: Member) -> None:
    quote = OutputField(name="quote", type="quote", required=False)
    claims = OutputField(
        name="claims",
        type="list",
        items=(OutputItem(name="claim", required=True), OutputItem(name="quote", type="quote")),
    )
    spec = factories.triage_spec().model_copy(update={"output_schema": (quote, claims)})
    of_task = factories.make_task(by=admin, spec=spec, slug="claims")
    fields = {"quote": "", "claims": [{"claim": "Moved", "quote": ""}, {"claim": "Grew", "quote": "We grew"}]}
    [draft] = factories.make_drafts(of_task, factories.make_records(factories.make_source(of_task), 1), fields=[fields])
    draft.words = 1
    card = card_to_read(draft, etag="1")

    read = render_to_string("review/desk/_reading.html", {"card": card})

    assert read.count("No quote.") == 2
    assert "We grew" in read
    assert card.footer == "1 word · version 1 of the task"


@pytest.mark.django_db
def test_every_part_is_drawn_as_its_type(task: Task) -> None:
    parts = drawn(Draft.objects.filter(task=task)[0])

    assert {path: (part.kind.name, part.draft) for path, part in parts.items() if not path.startswith("lines.1")} == {
        "lines.0.name": ("text", "pump"), "lines.0.kind": ("choice", "part"), "lines.0.tags": ("choices", "fee"),
        "lines.0.urgent": ("boolean", "yes"), "lines.0.amount": ("number", "2.5"), "buyer.city": ("text", "Graz"),
        "buyer.seat.known": ("boolean", "no"), "buyer.seat.since": ("date", "2020-01-31"),
    }  # fmt: skip
    assert [(option.text, option.is_chosen) for option in parts["lines.0.kind"].options] == [
        ("part", True), ("service", False), ("fee", False),
    ]  # fmt: skip
    assert not any(option.is_chosen for option in parts["lines.1.urgent"].options)
    assert parts["lines.0.amount"].hint == "EUR"


@pytest.mark.django_db
def test_an_unfinished_edit_is_drawn_over_the_draft(task: Task) -> None:
    lines = [{"name": "pump", "kind": "fee", "tags": ["part", "fee"], "urgent": "no", "amount": "3"}]
    parts = drawn(Draft.objects.filter(task=task)[0], {"lines": lines})

    assert [option.text for option in parts["lines.0.tags"].options if option.is_chosen] == ["part", "fee"]
    assert (parts["lines.0.urgent"].text, parts["lines.0.urgent"].draft) == ("no", "yes")
    assert (parts["lines.1.name"].text, parts["lines.1.name"].draft) == ("", "visit")


def test_the_form_of_a_page_without_scripts_is_read_back_whole() -> None:
    said = QueryDict(mutable=True)
    for path, value in {
        "lines.0.name": "pump", "lines.0.kind": "part", "lines.0.urgent": "yes", "lines.0.amount": "2.5",
        "lines.1.name": "visit", "lines.1.kind": "service", "lines.1.urgent": "", "lines.1.amount": "",
        "buyer.city": "Graz", "buyer.seat.known": "no", "buyer.seat.since": "2020-01-31",
    }.items():  # fmt: skip
        said[f"field:{path}"] = value
    said.setlist("field:lines.0.tags[]", ["fee"])

    assert normalise_fields(nested_spec().output_schema, forms.fields_from(said)) == FIELDS


@pytest.mark.parametrize(("boxes", "fields"), GATHERED)
def test_elements_left_empty_at_any_depth_are_none_in_a_form(boxes: dict[str, Any], fields: dict[str, Any]) -> None:
    said = QueryDict(mutable=True)
    for path, value in boxes.items():
        name = f"field:{path}[]" if isinstance(value, list) else f"field:{path}"
        said.setlist(name, value if isinstance(value, list) else [value])

    assert forms.fields_from(said) == fields


def test_an_object_that_may_be_missing_is_missing_where_nothing_was_said() -> None:
    schema = nested_spec().output_schema
    empty = {"city": "", "seat": {"known": "", "since": ""}}

    assert normalise_fields(schema, {"lines": FIELDS["lines"], "buyer": empty})["buyer"] is None
    with pytest.raises(ValueError, match="unknown part"):
        normalise_fields(schema, {"lines": FIELDS["lines"], "buyer": {"other": ""}})


@pytest.mark.django_db
def test_the_page_offers_labels_and_shows_values_by_name(task: Task, admin: Member, as_member: Any) -> None:
    client: Client = as_member(admin)

    page = client.get("/tasks/orders/review/").content.decode()

    assert 'data-path="lines.0.kind"' in page and 'name="field:lines.0.tags[]"' in page
    assert '<option value="part" selected>part</option>' in page
    assert '<bdi class="muted">Urgent:</bdi> <span class="element-text">yes' in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_labels_of_a_list_are_picked_by_keys_in_the_editor(
    task: Task, open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, slug="orders")
    card = page.locator(".card:not([hidden])")
    page.keyboard.press("e")
    kind = card.locator('.editor [data-path="lines.0.kind"]')
    kind.focus()
    expect(kind.locator("option").nth(3)).to_have_attribute("label", "3  fee")
    # The digit of the label; on with Enter to several labels, where each is put in or taken out.
    for key in ("3", "Enter", "1", "2", "3", "Enter", "9"):
        page.keyboard.press(key)
    expect(kind.locator("option").nth(3)).not_to_have_attribute("label", "3  fee")
    card.locator('.editor [data-path="lines.1.urgent"]').focus()
    page.keyboard.press("2")
    card.locator('.editor [data-path="lines.1.amount"]').fill("12,75")
    page.keyboard.press("Control+Enter")

    saved(page, 1)
    decision = Decision.objects.get()
    first, second = FIELDS["lines"]
    assert decision.verdict == Verdict.EDIT
    assert decision.fields == {
        "lines": [
            {**first, "kind": "fee", "tags": ["part", "service"]}, {**second, "urgent": False, "amount": 12.75},
        ],
        "buyer": FIELDS["buyer"],
    }  # fmt: skip


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_desk_reads_its_boxes_as_the_form_without_scripts(browser: Browser, live_server: Any) -> None:
    page = browser.new_page()
    page.goto(f"{live_server.url}/static/js/desk/editing.js")

    gathered = [page.evaluate(GATHER, list(boxes.items())) for boxes, _ in GATHERED]
    page.close()

    assert gathered == [fields for _, fields in GATHERED]


@pytest.fixture
def inner_list(admin: Member) -> Task:
    """A task whose drafts are an object with a list of objects in it."""
    claims = (OutputItem(name="claim", required=True), OutputItem(name="note"))
    order = (OutputItem(name="city"), OutputItem(name="claims", type="list", items=claims))
    spec = factories.triage_spec().model_copy(
        update={
            "output_schema": (OutputField(name="order", type="object", items=order),),
            "checks": (Check(kind="unsupported", fields=("order",)),),
        }
    )
    task = factories.make_task(by=admin, spec=spec, slug="claims")
    rows = [{"claim": "They moved.", "note": "by ship"}, {"claim": "They grew. You cut spoilage by 77 %.", "note": ""}]
    records = factories.make_records(factories.make_source(task), 2)
    factories.make_drafts(task, records, fields=[{"order": {"city": "Graz", "claims": rows}}] * 2)
    return task


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_element_emptied_inside_an_object_is_gone_and_a_fix_behind_it_finds_its_box(
    inner_list: Task, open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin, slug="claims")
    editor = page.locator(f"{SHOWN} .editor")
    page.keyboard.press("e")
    for part in ("claim", "note"):
        editor.locator(f'[data-path="order.claims.0.{part}"]').fill("")
    page.keyboard.press("Escape")

    page.keyboard.press("m")
    expect(editor.locator('[data-path="order.claims.1.claim"]')).to_have_value("They grew.")
    page.keyboard.press("Control+Enter")

    saved(page, 1)
    assert Decision.objects.get().fields == {"order": {"city": "Graz", "claims": [{"claim": "They grew.", "note": ""}]}}
