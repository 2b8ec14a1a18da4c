"""Bringing in verdicts by the pages and by the API: matched, previewed, corrected, imported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from members.models import Member
from review.models import Decision, Source, Task
from review.sources.imports import import_records
from review.spec.schema import InputField
from tests.review import factories
from tests.review.imports.judged import exports

pytestmark = pytest.mark.django_db
IMPORT = "/tasks/replies/sources/import/"


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin, spec=exports.SPEC, slug="replies")


@pytest.fixture
def browser(task: Task, admin: Member, as_member) -> Client:
    return as_member(admin)


def upload(browser: Client, text: str, name: str = "export.json") -> str:
    answer = browser.post(IMPORT, {"file": SimpleUploadedFile(name, text.encode()), "kind": "decisions"})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def test_an_export_is_recognised_matched_and_imported(browser: Client, admin: Member) -> None:
    address = upload(browser, exports.label_studio())
    page = browser.get(address).content.decode()

    answer = browser.post(address, {
        "map.0": "ticket", "map.1": "reply", "map.2": "said.verdict", "map.3": "rating.is polite",
        "map.4": "said.reviewer", "map.5": "said.at", "map.6": "said.seconds", "map.7": "said.reasons",
        "map.8": "edited.reply", "reviewer:annotator 7": "ada", "name": "Pilot", "do": "import",
    }, follow=True)  # fmt: skip

    assert "an export of Label Studio" in page
    assert 'name="word:Reject"' in page
    assert "3 verdicts added." in answer.content.decode()
    assert set(Decision.objects.values_list("reviewer__username", "verdict")) >= {("ada", "reject")}
    assert Source.objects.get().name == "Pilot"


def test_a_word_nobody_can_guess_is_asked_for_and_nothing_is_stored(browser: Client) -> None:
    address = upload(browser, "ticket,reply,verdict,reviewer\nLate,Sorry.,Grün,ann\n", "own.csv")

    page = browser.get(address).content.decode()
    answer = browser.post(address, {
        "map.0": "ticket", "map.1": "reply", "map.2": "said.verdict", "map.3": "said.reviewer", "do": "import",
    })  # fmt: skip

    assert "the verdict is &#x27;Grün&#x27;" in page
    assert answer.status_code == 422
    assert not Decision.objects.exists()


def test_a_file_that_names_nobody_takes_one_reviewer_for_all(browser: Client) -> None:
    address = upload(
        browser, exports.doccano_labels().replace('"annotation_approver": "clara"', '"x": 1'), "clara.jsonl"
    )
    page = browser.get(address).content.decode()

    browser.post(address, {
        "map.0": "", "map.1": "reply", "map.2": "ticket", "map.3": "", "map.4": "said.verdict",
        "fill.said.reviewer": "clara", "do": "import",
    })  # fmt: skip

    assert "No column names the reviewer" in page
    assert set(Decision.objects.values_list("reviewer__display_name", flat=True)) == {"clara"}


def test_a_required_fact_without_a_column_is_marked_where_it_is_filled_in(browser: Client) -> None:
    place = upload(browser, "reply,verdict,reviewer\nSorry.,accept,ann\n", "own.csv")
    columns = {"map.0": "reply", "map.1": "said.verdict", "map.2": "said.reviewer", "do": "import"}

    page = browser.get(place).content.decode()
    browser.post(place, {**columns, "fill.ticket": "All of one ticket"})

    assert re.search(r'<details class="panel more" open>\s*<summary>Facts without a column', page)
    assert re.search(r'<label for="id_fill-ticket">[^<]* \*</label>', page)
    said = "No column fills the field &#x27;ticket&#x27;, which is required."
    assert f'<p class="error" id="err_fill-ticket">{said}</p>' in page
    assert Decision.objects.count() == 1


def test_a_row_without_a_name_is_bad_before_anything_is_promised(browser: Client) -> None:
    page = browser.get(
        upload(browser, "ticket,reply,verdict,reviewer\n,Sorry.,accept,ann\nLate,Oh.,accept,ann\n", "own.csv")
    ).content.decode()

    assert "0 left out · 1 bad" in page
    assert '<span class="mono">row 2</span> it names no record' in page
    assert "Import 1 verdict" in page


def test_records_that_are_here_are_found_by_their_name_alone(admin: Member, as_member, tmp_path: Path) -> None:
    asked = (InputField(name="ticket", role="title", required=True), InputField(name="history", required=True))
    spec = exports.SPEC.model_copy(update={"input_schema": asked, "student_template": "{{facts}}"})
    task = factories.make_task(by=admin, spec=spec, slug="strict")
    (tmp_path / "records.csv").write_text("ticket,history\nLate,None.\n")
    import_records(task, tmp_path / "records.csv", by=admin)
    file = SimpleUploadedFile("own.csv", b"ticket,reply,verdict,reviewer\nLate,Sorry.,accept,ann\nNew,Oh.,accept,ann\n")
    lead = as_member(admin)

    place = lead.post("/tasks/strict/sources/import/", {"file": file, "kind": "decisions"})["Location"]
    page = lead.get(place).content.decode()

    assert "do not fit yet" not in page
    assert "Import 1 verdict" in page
    assert '<span class="mono">row 3</span> no record is called &#x27;New&#x27;' in page


def test_edits_of_values_by_draft_id_are_promised_as_they_come_in(admin: Member, as_member) -> None:
    task = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False), slug="triage")
    drafts = factories.make_drafts(
        task,
        factories.make_records(factories.make_source(task), 2),
        fields=[factories.triage_fields(with_reasoning=False)] * 2,
    )
    lines = [f"{draft.pk},edit,ann,{amount}" for draft, amount in zip(drafts, ("12.5", "much"), strict=True)]
    text = "\n".join(["draft,verdict,reviewer,fixed", *lines, "none,accept,ann,"])
    file = SimpleUploadedFile("own.csv", text.encode())
    columns = {"map.0": "said.draft", "map.1": "said.verdict", "map.2": "said.reviewer", "map.3": "edited.amount"}
    lead = as_member(admin)

    place = lead.post("/tasks/triage/sources/import/", {"file": file, "kind": "decisions"})["Location"]
    page = lead.post(place, columns).content.decode()
    lead.post(place, {**columns, "do": "import", "left_out": 2})

    assert "Import 1 verdict, leave 2 out" in page
    assert "this task has no draft &#x27;none&#x27;" in page
    assert Decision.objects.get().fields["amount"] == 12.5


def test_an_export_in_which_nothing_was_judged_is_refused(browser: Client) -> None:
    text = json.dumps([{"id": 1, "data": {"ticket": "x"}, "annotations": []}])
    file = SimpleUploadedFile("export.json", text.encode())

    answer = browser.post(IMPORT, {"file": file, "kind": "decisions"})

    assert answer.status_code == 422
    assert "in which nothing was judged" in answer.content.decode()


def test_the_api_takes_verdicts_with_words_and_reviewers(task: Task, admin: Member, api_as) -> None:
    text = "ticket,reply,verdict,reviewer\nLate,Sorry.,Grün,A. L.\n"
    body = {
        "file": SimpleUploadedFile("own.csv", text.encode()), "task": "replies", "kind": "decisions",
        "verdicts": json.dumps({"Grün": "accept"}), "reviewers": json.dumps({"A. L.": "ada"}),
    }  # fmt: skip

    answer = api_as(admin).post("/api/v1/sources/", body)

    assert (answer.status_code, answer.json()["kind"], answer.json()["rows_added"]) == (201, "decisions", 1)
    assert Decision.objects.get().reviewer == admin
