"""A task from rows of one's own in a browser's steps: pasted or dropped, looked at, made, and its first cards."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pyarrow import parquet

from members.models import Member
from review.models import Draft, Record, Task
from review.tasks import authoring
from tests.review.imports.own_rows.test_own_rows_proposal import TICKETS
from tests.review.pages.test_log_pages import log_file, tickets

pytestmark = pytest.mark.django_db
PAGE = "/tasks/new/rows/"


@pytest.fixture
def lead(admin: Member, as_member: Any) -> Any:
    return as_member(admin)


def made(lead: Any, address: str, act: str, **more: str) -> Any:
    return lead.post(address, {"name": "Ticket sorting", "record_noun": "ticket", "do": act, **more})


def test_pasted_rows_with_answers_become_a_task_and_its_cards(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": TICKETS})["Location"]
    page = lead.get(found).content.decode()

    answer = made(lead, found, "judge")

    task = Task.objects.get()
    assert "kategorie: choice of 5" in page
    assert answer["Location"] == "/tasks/ticket-sorting/review/"
    assert Draft.objects.filter(task=task).count() == Record.objects.filter(source__task=task).count() == 20
    draft = Draft.objects.get(record__title="Müller & Söhne 2")
    assert draft.fields == {"kategorie": "How to", "dringend": True}
    assert draft.record.facts["betrag"] == 1002.5
    assert task.versions.get().spec.record_noun == "ticket"


def test_answers_in_one_column_of_json_become_fields_and_a_broken_one_is_named(lead: Any) -> None:
    answers = [json.dumps({"category": "bug" if n % 2 else "billing", "urgent": n % 3 == 0}) for n in range(20)]
    rows = [{"text": f"Text {n}.", "answer": answer} for n, answer in enumerate(answers)]
    whole = lead.post(PAGE, {"rows": json.dumps(rows)})["Location"]
    page = lead.get(whole).content.decode()

    made(lead, whole, "judge")
    broken = lead.post(PAGE, {"rows": json.dumps([*rows, {"text": "More.", "answer": '{"category": "bug", "ur'}])})
    told = made(lead, broken["Location"], "judge", slug="broken")

    assert "category: choice of 2" in page and "urgent: boolean" in page and "category, urgent" in page
    assert Draft.objects.get(record__facts__text="Text 3.").fields == {"category": "bug", "urgent": True}
    listed = lead.get(told["Location"])
    assert _mapped(listed)["map.1"] == "draft.answer"
    assert "row 21</span> &#x27;answer&#x27; holds no whole JSON object: " in listed.content.decode()


def test_rows_without_answers_become_records_for_a_teacher(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": "Write of cats, please.\nWrite of dogs, please."})["Location"]

    answer = made(lead, found, "teacher")

    assert answer["Location"] == "/tasks/ticket-sorting/generation/"
    assert sorted(record.facts["text"] for record in Record.objects.all()) == [
        "Write of cats, please.", "Write of dogs, please.",
    ]  # fmt: skip
    assert not Draft.objects.exists()


def test_prompts_of_one_template_become_facts_and_its_words_the_instruction(lead: Any) -> None:
    text = "\n".join(f"Where is parcel {number}, please? It was due." for number in range(20))
    found = lead.post(PAGE, {"rows": text})["Location"]
    form = lead.get(found).context["form"]

    made(lead, found, "teacher", instruction=form["instruction"].value(), proposed=form["proposed"].value())

    spec = Task.objects.get().versions.get().spec
    assert spec.instruction == "Where is parcel [parcel], please? It was due."
    assert [(field.name, field.type) for field in spec.input_schema] == [("parcel", "integer")]
    assert sorted(record.facts["parcel"] for record in Record.objects.all()) == list(range(20))


def test_answers_are_left_to_a_teacher_where_that_is_wanted(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": TICKETS})["Location"]

    made(lead, found, "teacher")

    assert not Draft.objects.exists()
    assert set(Record.objects.first().facts) == {"ticket", "nachricht", "betrag", "seit"}  # type: ignore[union-attr]


def test_what_columns_are_is_changed_and_the_instruction_follows(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": TICKETS})["Location"]
    before = lead.get(found).context["spec"].instruction

    shown = lead.post(
        found,
        {
            "do": "look",
            "name": "Tickets",
            "record_noun": "ticket",
            "instruction": before,
            "proposed": before,
            "use.5": "",
        },
    )
    own = made(lead, found, "edit", instruction="Sort them.", proposed=before, **{"use.5": "", "called.4": "Category"})

    assert "dringend" not in shown.context["spec"].instruction
    assert shown.context["form"]["instruction"].value() == shown.context["spec"].instruction
    assert own["Location"] == "/tasks/ticket-sorting/edit/"
    spec = Task.objects.get().versions.get().spec
    assert spec.instruction == "Sort them."
    assert [field.name for field in spec.output_schema] == ["category"]
    assert not Record.objects.exists()


@pytest.mark.slow
def test_rows_wait_while_the_task_is_edited_and_come_in_once_it_is_saved(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": TICKETS})["Location"]
    form = made(lead, found, "edit")["Location"]
    page = lead.get(form).content.decode()
    body = Task.objects.get().versions.get().body | {"guideline": "Be quick."}

    saved = lead.post(f"{form}?as=json", {"do": "save", "json": json.dumps(body)})["Location"]
    columns = lead.get(saved)
    lead.post(saved, {"do": "import", "name": "Mine"} | _mapped(columns))

    assert "your rows are kept" in page and saved.replace("&", "&amp;") in page
    assert "word it from your rows" not in page
    assert Draft.objects.count() == 20


def test_rows_that_wait_keep_what_was_said_of_their_columns(lead: Any) -> None:
    rows = "Text der Anfrage,fold,message,label\n" + "".join(
        (
            f"Wo ist Paket {number}?,{'test' if number % 4 == 0 else 'train'},out "
            f"{number},{'Lob' if number % 2 else 'Frage'}\n"
        )
        for number in range(12)
    )
    found = lead.post(PAGE, {"rows": rows})["Location"]
    said = {"called.0": "message", "use.0": "fact", "use.1": "split", "use.2": "", "use.3": "answer"}
    form = made(lead, found, "edit", **said)["Location"]
    body = Task.objects.get().versions.get().body | {"guideline": "Be quick."}
    saved = lead.post(f"{form}?as=json", {"do": "save", "json": json.dumps(body)})["Location"]

    shown = _mapped(lead.get(saved))
    lead.post(saved, {"do": "import", "name": "Mine"} | shown)

    assert [shown.get(f"map.{index}", "") for index in range(4)] == ["message", "record.split", "", "label"]
    assert Record.objects.filter(split="test").count() == 3
    assert Record.objects.filter(facts__message__startswith="Wo ist").count() == 12


@pytest.mark.parametrize("gone", ["imported", "swept"])
def test_rows_wait_no_longer_once_they_are_in_or_gone(lead: Any, tmp_path: Path, gone: str) -> None:
    form = made(lead, lead.post(PAGE, {"rows": TICKETS})["Location"], "edit")["Location"]
    upload = next(path for path in (tmp_path / "uploads").iterdir() if len(path.name) == 32)
    if gone == "imported":
        address = f"/tasks/ticket-sorting/sources/import/{upload.name}/?kind=drafts"
        lead.post(address, {"do": "import", "name": "Mine"} | _mapped(lead.get(address)))
        # The same rows chosen again are another import, and wait for nobody.
        upload.write_text("a,b\n1,2\n")
    else:
        upload.unlink()

    page = lead.get(form).content.decode()
    body = Task.objects.get().versions.get().body | {"guideline": "Be quick."}
    saved = lead.post(f"{form}?as=json", {"do": "save", "json": json.dumps(body)})["Location"]

    assert "Your rows are kept for a day" not in page
    assert "word it from your rows" in page
    assert saved == "/tasks/ticket-sorting/diff/1/2/"


def test_rows_wait_beside_a_version_that_a_proposal_made(lead: Any, admin: Member) -> None:
    made(lead, lead.post(PAGE, {"rows": TICKETS})["Location"], "edit")
    task = Task.objects.get()
    spec = task.versions.get().spec
    authoring.new_version(task, spec=spec.model_copy(update={"guideline": "Be quick."}), by=admin)

    page = lead.get("/tasks/ticket-sorting/diff/1/2/").content.decode()

    assert "Your rows are kept for a day" in page and "/sources/import/" in page


def _mapped(page: Any) -> dict[str, str]:
    """The mapping that a page of columns shows, as its form would send it."""
    selects = re.findall(r'<select name="([^"]+)"(.*?)</select>', page.content.decode(), re.DOTALL)
    chosen = {name: re.search(r'value="([^"]*)"[^>]*selected', options) for name, options in selects}
    return {name: found[1] for name, found in chosen.items() if found}


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"called.0": "Nachricht"}, "Two columns would be called"),
        ({"called.0": "9"}, "is not a valid name"),
        ({f"use.{index}": "" for index in range(4)}, "no column is a fact"),
    ],
)
def test_columns_that_make_no_task_are_refused_with_the_reason(lead: Any, posted: dict[str, str], words: str) -> None:
    found = lead.post(PAGE, {"rows": TICKETS})["Location"]

    answer = made(lead, found, "judge", **posted)

    assert answer.status_code >= 400
    assert words in answer.content.decode()
    assert not Task.objects.exists()


def test_an_address_that_is_taken_is_told_at_its_field(lead: Any) -> None:
    found = lead.post(PAGE, {"rows": TICKETS})["Location"]
    made(lead, found, "edit")

    answer = made(lead, found, "judge")

    assert answer.status_code == 409
    assert "is taken" in answer.content.decode()


@pytest.mark.slow
def test_rows_that_do_not_fit_are_looked_at_one_by_one(lead: Any) -> None:
    rows = [{"text": f"Text {n}.", "label": "a" if n % 2 else "b"} for n in range(2_000)] + [
        {"text": "X.", "label": "c"}
    ]
    found = lead.post(PAGE, {"file": SimpleUploadedFile("rows.json", json.dumps(rows).encode())})["Location"]

    answer = lead.post(found, {"name": "Rows", "record_noun": "record", "do": "judge"}, follow=True)

    assert answer.redirect_chain[0][0].startswith("/tasks/rows/sources/import/")
    assert "which is none of its labels" in answer.content.decode()
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "columns"),
    [
        ("prompts.txt", "Größe eins\n\nGröße\nzwei\n".encode("cp1252"), ["text"]),
        ("faq.md", "# FAQ\n\n- Q: Welche Größe?\n  A: L\n- Q: Wann?\n  A: Bald\n".encode(), ["text"]),
        ("notes.txt", "- Subject: Größe\n  Body: Zu klein\n\n- Subject: Hm\n  Body: Nein\n".encode(), ["text"]),
        ("tickets.csv", TICKETS.encode("cp1252"), ["Ticket", "Nachricht", "Betrag", "Seit", "Kategorie", "Dringend"]),
    ],
)
def test_a_file_is_read_as_an_import_would(lead: Any, name: str, content: bytes, columns: list[str]) -> None:
    answer = lead.post(PAGE, {"file": SimpleUploadedFile(name, content)}, follow=True)

    assert [line["column"].name for line in answer.context["lines"]] == columns
    assert "Größe" in answer.content.decode() or "Müller" in answer.content.decode()


def test_a_log_of_calls_goes_to_its_own_page(lead: Any) -> None:
    answer = lead.post(PAGE, {"file": log_file(tickets())})

    assert answer["Location"].startswith("/tasks/new/from-log/")


def test_conversations_of_a_columnar_file_are_a_log(lead: Any) -> None:
    sink = BytesIO()
    parquet.write_table(pa.Table.from_pylist(tickets()), sink)

    answer = lead.post(PAGE, {"file": SimpleUploadedFile("train.parquet", sink.getvalue())}, follow=True)

    assert "/tasks/new/from-log/" in answer.redirect_chain[-1][0]
    assert answer.context["found"].exchanges == 12


@pytest.mark.parametrize("posted", [{"form": ""}, {"rows": " \n"}])
def test_nothing_brought_is_told(lead: Any, posted: dict[str, str]) -> None:
    answer = lead.post(PAGE, posted)

    assert answer.status_code == 400
    assert "Paste rows or choose a file" in answer.content.decode()


def test_rows_that_cannot_be_read_are_refused_with_the_reason(lead: Any) -> None:
    answer = lead.post(PAGE, {"rows": '[{"a": 1'})

    assert answer.status_code == 422
    assert "breaks at" in answer.content.decode()


def test_an_upload_that_is_gone_leads_back(lead: Any) -> None:
    assert lead.get(f"{PAGE}{'a' * 64}/")["Location"] == PAGE
