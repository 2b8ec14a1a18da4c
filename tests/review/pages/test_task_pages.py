"""Pages of tasks as a lead, a reviewer and a stranger see them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Member
from review.desk import decisions, deck
from review.models import Draft, Task, TaskVersion
from review.spec.starters import STARTERS, outreach
from review.tasks import authoring, reconsideration, spec_form
from tests.review import factories
from tests.review.factories import join, make_desk, make_task
from tests.review.tasks.test_spec_form import posted

pytestmark = pytest.mark.django_db
SignIn = Callable[[Member], Client]


@pytest.fixture
def task(admin: Member) -> Task:
    return make_desk(by=admin, count=2)


def form(**change: str) -> dict[str, str]:
    return posted(spec_form.sections(outreach.SPEC.canonical(), {})) | change


def test_a_task_is_made_from_a_starter_and_opens_for_editing(admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)

    page = client.get("/tasks/new/")
    answer = client.post("/tasks/new/", {"starter": "support-reply", "name": "Support reply", "slug": ""})

    assert all(starter.name in page.content.decode() for starter in STARTERS.values())
    assert answer["Location"] == "/tasks/support-reply/edit/"
    assert TaskVersion.objects.get(task__slug="support-reply").spec == STARTERS["support-reply"].spec


def test_a_name_that_is_taken_is_said_beside_the_address(admin: Member, as_member: SignIn) -> None:
    make_task(by=admin)

    answer = as_member(admin).post("/tasks/new/", {"starter": "blank", "name": "Outreach", "slug": "outreach"})

    assert answer.status_code == 400
    assert "&#x27;outreach&#x27; is taken." in answer.content.decode()


def test_the_page_of_a_task_explains_all_of_it_and_shows_an_example(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    page = as_member(admin).get("/tasks/outreach/").content.decode()

    for text in (
        "Rendered example",
        "Aarhus Works 0",
        "Allowed claims",
        "Wrong fact",
        "Names the company",
        "contact.first_name",
    ):
        assert text in page


def test_the_form_begins_with_links_to_its_sections_and_folds_what_most_visits_skip(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    page = as_member(admin).get("/tasks/outreach/edit/").content.decode()

    links = re.findall(r'<a href="#(part-\w+)">', page)
    assert links[:2] == ["part-task", "part-offer"]
    assert all(page.count(f'id="{link}"') == 1 for link in links)
    assert re.search(r'<details class="panel fold" id="part-templates"\s*>', page)
    assert re.search(r'<details class="panel fold" id="part-rubric"\s*>', page)
    assert re.search(r'<details class="panel fold" id="part-facts" open>', page)
    assert re.search(r'<details class="fold-row" id="row-input_schema-0"\s*>', page)


def test_saving_makes_version_2_and_shows_what_changed(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)

    answer = client.post(
        "/tasks/outreach/edit/", form(do="save", note="calmer", **{"offer.tone": "calm and plain"}), follow=True
    )

    page = answer.content.decode()
    assert answer.redirect_chain == [("/tasks/outreach/diff/1/2/", 302)]
    assert "<ins>calm and plain</ins>" in page or "<ins>calm" in page
    assert "Offer › tone" in page
    assert TaskVersion.objects.get(task=task, number=2).note == "calmer"


def test_mistakes_stand_beside_their_fields_and_nothing_is_saved(task: Task, admin: Member, as_member: SignIn) -> None:
    data = form(do="save", student_template="Write to {{nobody}}", **{"input_schema.3.name": "No Name"})

    answer = as_member(admin).post("/tasks/outreach/edit/", data)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Small letters, digits and underscores" in page
    assert "Write to {{nobody}}" in page
    assert "An example appears when the specification has no mistakes." in page
    assert re.search(r'<details class="fold-row" id="row-input_schema-3" open>', page)
    assert [re.search(r'id="([^"]+)"', field)[1] for field in re.findall(r"<\w+ [^>]*autofocus", page)] == [  # type: ignore[index]
        "id_input_schema-3-name"
    ]
    assert "novalidate" in page and "formnovalidate" not in page
    assert task.versions.count() == 1


def test_a_row_button_redraws_the_form_and_saves_nothing(task: Task, admin: Member, as_member: SignIn) -> None:
    page = (
        as_member(admin)
        .post("/tasks/outreach/edit/", form(do="add:rubric") | {"open": "row-rubric-1"})
        .content.decode()
    )

    assert 'name="rubric.5.name"' in page
    assert re.findall(r'id="(row-\w+-\d)" open', page) == ["row-rubric-1", "row-rubric-5"]
    assert re.search(r'id="id_rubric-5-name"[^>]*autofocus', page)
    assert task.versions.count() == 1


def test_a_pasted_schema_that_is_refused_says_why_in_the_part_that_htmx_swaps(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    client, pasted = as_member(admin), form(do="schema:output_schema", schema='{"type": "array"}')

    part = client.post("/tasks/outreach/edit/", pasted, headers={"HX-Request": "true"})
    page = client.post("/tasks/outreach/edit/", pasted)

    # htmx swaps no error status.
    assert (part.status_code, page.status_code) == (200, 400)
    for answer in (part, page):
        assert "The schema cannot be taken: /type" in answer.content.decode().partition('id="part-written"')[2]


def test_of_two_leads_who_edit_at_once_the_second_loses_nothing_and_reverts_nothing(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    client = as_member(admin)
    drawn_from = 'name="base" value="1"'
    assert drawn_from in client.get("/tasks/outreach/edit/").content.decode()
    client.post("/tasks/outreach/edit/", form(do="save", base="1", instruction="Be brief."))

    checked = client.post("/tasks/outreach/edit/", form(do="check", base="1", **{"offer.tone": "calm and plain"}))
    saved = client.post("/tasks/outreach/edit/", form(do="save", base="1", **{"offer.tone": "calm and plain"}))

    page = saved.content.decode()
    assert drawn_from in checked.content.decode() and drawn_from in page
    assert saved.status_code == 409
    assert "Version 2 came meanwhile" in page and "calm and plain" in page
    assert TaskVersion.objects.get(task=task, number=2).spec.instruction == "Be brief."
    assert task.versions.count() == 2


@pytest.mark.slow
def test_the_json_tab_edits_the_same_specification(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    body = outreach.SPEC.model_copy(update={"language": "de"}).model_dump_json()

    saved = client.post("/tasks/outreach/edit/?as=json", {"do": "save", "json": body})
    broken = client.post("/tasks/outreach/edit/?as=json", {"do": "save", "json": "{"})

    assert saved.status_code == 302
    assert TaskVersion.objects.get(task=task, number=2).spec.language == "de"
    assert "This is not JSON" in broken.content.decode()


@pytest.mark.parametrize("name", ["input_schema", "output_schema", "checks", "reasons"])
@pytest.mark.parametrize("value", [None, [{"kind": ["x"], "type": {"a": 1}, "fields": 5, "labels": [1]}]])
def test_json_of_any_shape_is_answered_with_its_mistakes(
    task: Task, admin: Member, as_member: SignIn, name: str, value: object
) -> None:
    body = json.dumps(outreach.SPEC.canonical() | {name: value})

    page = as_member(admin).post("/tasks/outreach/edit/?as=json", {"do": "save", "json": body})

    assert page.status_code == 422
    assert "mistake" in page.content.decode() and name in page.content.decode()


def test_the_example_is_of_an_approved_draft_not_of_an_earlier_one_that_nobody_judged(
    task: Task, admin: Member, as_member: SignIn
) -> None:
    first, second = Draft.objects.order_by("record__row_number")
    card = deck.hold(admin, second.pk)
    decisions.record(second.pk, by=admin, id=uuid4(), verdict="accept", if_match=card.etag, seconds=3)

    page = as_member(admin).get("/tasks/outreach/").content.decode()

    assert second.fields["subject"] in page
    assert first.fields["subject"] not in page


def test_the_example_follows_what_is_typed(task: Task, admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)

    good = client.post(
        "/tasks/outreach/example/", form(student_template="BRIEFLY NOW\n{{facts}}"), headers={"HX-Request": "true"}
    )
    bad = client.post("/tasks/outreach/example/", form(instruction=""), headers={"HX-Request": "true"})

    assert "BRIEFLY NOW" in good.content.decode()
    assert "<html" not in good.content.decode()
    assert "instruction: This is empty; it is required." in bad.content.decode()


def test_an_older_version_says_that_it_is_older(task: Task, admin: Member, as_member: SignIn) -> None:
    authoring.new_version(task, spec=outreach.SPEC.model_copy(update={"guideline": "Short."}), by=admin)

    page = as_member(admin).get("/tasks/outreach/versions/1/").content.decode()

    assert "This is version 1. New drafts are written by" in page


@pytest.mark.slow
def test_a_new_version_says_which_waiting_drafts_no_longer_fit(
    admin: Member, reviewer: Member, as_member: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = factories.triage_spec()
    task = make_task(by=admin, spec=spec, slug="triage")
    join(reviewer, task)
    records = factories.make_records(factories.make_source(task), 10)
    drafts = factories.make_drafts(task, records, fields=[factories.triage_fields(index) for index in range(10)])
    gone = [draft for draft in drafts if draft.fields["category"] == "bug"]
    labels = tuple(label for label in spec.output_schema[1].labels if label.name != "bug")
    output = (
        spec.output_schema[0],
        spec.output_schema[1].model_copy(update={"labels": labels}),
        *spec.output_schema[2:],
    )
    before = as_member(admin).get("/tasks/triage/").content.decode()
    authoring.new_version(task, spec=spec.model_copy(update={"output_schema": output}), by=admin)

    pages = [as_member(admin).get(f"/tasks/triage/{page}").content.decode() for page in ("diff/1/2/", "")]
    theirs = as_member(reviewer).get("/tasks/triage/diff/1/2/").content.decode()
    monkeypatch.setattr(reconsideration, "UNFIT_AMONG", 5)
    some = as_member(admin).get("/tasks/triage/").content.decode()

    assert len(gone) == 2
    for page in pages:
        assert "2 waiting drafts of earlier versions do not fit version 2." in page
        assert "2: field &#x27;category&#x27; is &#x27;bug&#x27;, which is none of its labels" in page
        assert all(f"/tasks/triage/review/drafts/{draft.pk}/" in page for draft in gone)
    assert "1 waiting draft of earlier versions does not fit version 2, of the 5 oldest that wait." in some
    assert "do not fit" not in before + theirs


def test_a_task_of_labels_shows_them_and_says_nothing_of_an_offer(admin: Member, as_member: SignIn) -> None:
    make_task(by=admin, spec=factories.triage_spec(), slug="triage")
    make_task(by=admin)
    client = as_member(admin)

    page = client.get("/tasks/triage/").content.decode()
    assert "offer-h" not in page
    assert 'title="About billing">billing</span>' in page and "at least 0 EUR" in page
    assert "json-schema.org/draft/2020-12" in page
    assert "offer-h" in client.get("/tasks/outreach/").content.decode()


@pytest.mark.parametrize("path", ["/tasks/nothing/", "/tasks/outreach/versions/9/", "/tasks/outreach/diff/1/9/"])
def test_what_is_not_there_is_not_found(task: Task, admin: Member, as_member: SignIn, path: str) -> None:
    assert as_member(admin).get(path).status_code == 404


def test_the_list_of_tasks_asks_the_same_number_of_questions_however_long(admin: Member, as_member: SignIn) -> None:
    client = as_member(admin)
    make_task(by=admin, slug="task-0")

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/tasks/")
        return len(asked)

    with_one = questions()
    for number in range(1, 6):
        make_task(by=admin, slug=f"task-{number}")

    assert questions() == with_one
    assert client.get("/tasks/").content.decode().count('href="/tasks/task-') >= 6
