"""Files of finished drafts: they find their records, or bring them along, and come to the desk once."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from demo.data import handwritten_drafts
from demo.data.prospects import generate
from members.models import Member
from review.datasets import freezing, write_version
from review.desk.cards.assembly import card_json
from review.drafts import queries, search_index, waiting_marks
from review.drafts.intake import add_marks
from review.models import Assignment, Draft, Record, Source, Task
from review.sources.imports import import_drafts, import_records
from review.spec.starters import STARTERS
from review.text import checks
from review.text.checks import Mark
from tests.review import factories
from tests.review.datasets.golds import accept_all
from tests.review.factories import make_task
from web.errors import Refusal

pytestmark = pytest.mark.django_db
BODY = "Hi {{contact.first_name}}, " + "a word about Acme and its steel works " * 6 + "Shall we talk?"


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def acme(**more: str) -> dict[str, str]:
    return {"company": "Acme Ltd", "subject": "Steel", "body": BODY, **more}


@pytest.fixture
def records(task: Task, admin: Member, tmp_path: Path) -> Task:
    path = table(
        tmp_path / "records.csv", [{"company": "Acme Ltd", "sector": "steel"}, {"company": "Bolt", "sector": "rail"}]
    )
    import_records(task, path, by=admin)
    return task


def test_a_column_of_whole_answers_is_guessed_and_read_into_its_fields(admin: Member, tmp_path: Path) -> None:
    task = make_task(by=admin, spec=factories.triage_spec(), slug="triage")
    answer = '{"category": "bug", "urgent": "no", "amount": 12.5}'
    path = table(tmp_path / "d.csv", [{"company": "Acme", "text": "It broke.", "answer": answer}])

    import_drafts(task, path, by=admin)

    assert Source.objects.get().mapping == {"company": "company", "text": "text", "answer": "draft.answer"}
    assert Draft.objects.get().fields == {"why": "", "category": "bug", "urgent": False, "amount": 12.5}


def test_a_draft_finds_its_record_by_the_companys_name(records: Task, admin: Member, tmp_path: Path) -> None:
    result = import_drafts(
        records, table(tmp_path / "d.csv", [acme(company="ACME")]), by=admin, provenance="written by hand"
    )

    draft = Draft.objects.get()
    assert result.rows_added == 1
    assert draft.record.title == "Acme Ltd"
    assert (draft.origin, draft.provenance) == ("import", "written by hand")
    assert draft.marks_count == len(draft.marks) > 0
    assert Record.objects.count() == 2


def test_the_same_drafts_twice_add_nothing(records: Task, admin: Member, tmp_path: Path) -> None:
    path = table(tmp_path / "d.csv", [acme(), acme()])
    first = import_drafts(records, path, by=admin)

    again = import_drafts(records, path, by=admin)

    assert (first.rows_added, first.rows_known) == (1, 1)
    assert (again.rows_added, again.rows_known, again.source) == (0, 2, first.source)
    assert (Draft.objects.count(), Source.objects.count()) == (1, 2)


def test_a_draft_with_all_required_facts_brings_its_record(task: Task, admin: Member, tmp_path: Path) -> None:
    import_drafts(
        task, table(tmp_path / "d.csv", [acme(sector="steel"), acme(sector="steel", subject="Again")]), by=admin
    )

    assert Record.objects.get().facts == {"company": "Acme Ltd", "sector": "steel"}
    assert Draft.objects.filter(record=Record.objects.get()).count() == 2


def test_drafts_that_fit_no_record_or_no_schema_are_bad_rows(records: Task, admin: Member, tmp_path: Path) -> None:
    rows = [acme(), acme(company="Nobody"), acme(company=""), acme(subject="")]

    with pytest.raises(Refusal) as refusal:
        import_drafts(records, table(tmp_path / "d.csv", rows), by=admin)

    assert refusal.value.errors == {
        "row 3": ["no record is called 'Nobody', and to make one 'sector' would be needed"],
        "row 4": ["it names no record: give the fact that names it, or all required facts"],
        "row 5": ["field 'subject' is empty; it is required"],
    }
    assert not Draft.objects.exists()


def test_a_name_that_two_records_share_is_not_guessed(records: Task, admin: Member, tmp_path: Path) -> None:
    import_records(records, table(tmp_path / "more.csv", [{"company": "Acme Ltd", "sector": "glass"}]), by=admin)

    with pytest.raises(Refusal) as refusal:
        import_drafts(records, table(tmp_path / "d.csv", [acme()]), by=admin)

    assert refusal.value.errors["row 2"] == ["2 records are called 'Acme Ltd'; add facts that distinguish them"]


def test_a_written_field_without_a_column_is_refused_before_any_row(
    records: Task, admin: Member, tmp_path: Path
) -> None:
    with pytest.raises(Refusal, match="No column fills the written field 'body', which is required"):
        import_drafts(records, table(tmp_path / "d.csv", [{"company": "Acme", "subject": "Steel"}]), by=admin)


def test_a_list_field_comes_as_json_in_a_cell(admin: Member, tmp_path: Path) -> None:
    task = make_task(by=admin, spec=STARTERS["research-summary"].spec, slug="research")
    row = {
        "company": "Acme", "source_1": "Acme makes steel.", "note": "Acme makes steel.",
        "claims": '[{"text": "It makes steel.", "quote": "Acme makes steel.", "url": ""}]',
    }  # fmt: skip

    import_drafts(task, table(tmp_path / "d.csv", [row]), by=admin)
    with pytest.raises(Refusal) as refusal:
        import_drafts(task, table(tmp_path / "e.csv", [row | {"claims": "steel"}]), by=admin)

    assert Draft.objects.get().fields["claims"][0]["quote"] == "Acme makes steel."
    assert refusal.value.errors["row 2"] == ["'claims' holds no JSON list"]


@pytest.mark.slow
def test_the_demos_hand_drafts_come_in_with_their_labels(task: Task, admin: Member, tmp_path: Path) -> None:
    generate.write_csv(tmp_path / "p.csv", generate.prospects(60))
    import_records(task, tmp_path / "p.csv", by=admin)
    faults = handwritten_drafts.faults()
    rows = [
        draft | {"labelled_defects": faults.get(draft["company"], "")} for draft in handwritten_drafts.hand_drafts()
    ]

    result = import_drafts(task, table(tmp_path / "d.csv", rows), by=admin, provenance=handwritten_drafts.PROVENANCE)

    assert result.rows_added == len(rows)
    assert sum(bool(draft.labelled_defects) for draft in Draft.objects.all()) == len(faults)


@pytest.fixture
def many(task: Task, admin: Member, tmp_path: Path) -> Task:
    """More drafts than an import checks and indexes itself."""
    rows = [acme(company=f"Acme {number}", sector="steel", subject="FREE!!! Act now") for number in range(120)]
    import_drafts(task, table(tmp_path / "many.csv", rows), by=admin)
    return task


@pytest.mark.slow
def test_drafts_of_a_large_import_are_marked_right_behind_it(many: Task) -> None:
    assert set(Draft.objects.values_list("is_checked", "marks_count")) == {(False, 0)}

    search_index.catch_up()

    drafts = list(Draft.objects.select_related("record", "task_version"))
    assert {draft.is_checked for draft in drafts} == {True}
    for draft in drafts:
        expected = [m.as_json() for m in checks.run(draft.task_version.spec, draft.record.facts, draft.fields)]
        assert draft.marks == expected
        assert draft.marks_count == len(expected) > 0


@pytest.mark.slow
def test_a_draft_that_is_opened_before_shows_its_marks_all_the_same(many: Task, admin: Member) -> None:
    draft = queries.draft_or_404(admin, Draft.objects.values_list("pk", flat=True)[0])
    shown = queries.draft_json(draft, admin)["marks"]
    card = card_json(Assignment(draft=draft, etag="", leased_until=timezone.now()))

    search_index.catch_up()

    assert shown == card["marks"] == Draft.objects.get(pk=draft.pk).marks != []


@pytest.mark.slow
def test_a_mark_of_another_room_outlives_the_checks(many: Task) -> None:
    draft = Draft.objects.all()[0]
    mark = {
        "check": "pipeline",
        "field": "body",
        "start": 0,
        "end": 3,
        "message": "m",
        "severity": "look",
        "mend": None,
    }
    add_marks({draft.pk: [mark]})

    search_index.catch_up()

    draft.refresh_from_db()
    assert draft.marks[-1] == mark
    assert draft.marks_count == len(draft.marks) > 1


def test_a_mark_that_another_room_adds_while_texts_are_read_is_kept(
    many: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = Draft.objects.values_list("pk", flat=True)[0]
    mark = {
        "check": "pipeline",
        "field": "body",
        "start": 0,
        "end": 3,
        "message": "m",
        "severity": "look",
        "mend": None,
    }
    run, others = checks.run, [{pk: [mark]}]

    def run_while_a_mark_comes(*call: Any) -> list[Mark]:
        if others:
            add_marks(others.pop())
        return run(*call)

    monkeypatch.setattr(checks, "run", run_while_a_mark_comes)

    assert waiting_marks.mark_waiting([pk]) == 1
    draft = Draft.objects.get(pk=pk)
    assert draft.marks[-1] == mark
    assert draft.marks_count == len(draft.marks) > 1


@pytest.mark.slow
def test_freezing_marks_drafts_only_where_the_selection_asks_for_marks(many: Task, admin: Member) -> None:
    accept_all(admin, many, count=5)
    dataset = freezing.create(many, name="All", by=admin)

    write_version.write(freezing.freeze(dataset, by=admin).pk, report=lambda done, total: None)
    assert Draft.objects.filter(is_checked=False).count() == 120

    unmarked = freezing.create(many, name="Unmarked", by=admin, filters={"without_marks": True})
    written = write_version.write(freezing.freeze(unmarked, by=admin).pk, report=lambda done, total: None)
    assert written["counts"]["rows"] == 0


@pytest.mark.slow
def test_who_counts_marks_has_all_of_them_read_first(many: Task) -> None:
    assert waiting_marks.mark_all(many) == 120
    assert waiting_marks.mark_all(many) == 0
    assert not Draft.objects.filter(is_checked=False).exists()


def test_drafts_are_listed_one_after_the_other(many: Task, api_as: Callable[..., APIClient], admin: Member) -> None:
    client, seen, at = api_as(admin), [], f"/api/v1/drafts/?task={many.slug}&limit=50"
    while at and len(seen) < 200:
        page = client.get(at).json()
        seen += [draft["record"]["title"] for draft in page["results"]]
        at = page["next"]

    assert seen == [f"Acme {number}" for number in reversed(range(120))]
    assert Draft.objects.values("created_at").distinct().count() == 120
    assert Record.objects.values("created_at").distinct().count() == 120
