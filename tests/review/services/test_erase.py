"""Erasing: tombstones in rows and files, and what stays whole."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.files.storage import default_storage

from members.models import Member
from review.datasets import freezing
from review.datasets import queries as selectors
from review.datasets import write_version as writing
from review.datasets.removed_samples import erased_rows
from review.desk import deck, golds
from review.drafts.intake import put_on_desk
from review.erasure import files
from review.erasure.erase import erase_records
from review.erasure.files import sweep
from review.models import Assignment, Dataset, DatasetFile, DatasetVersion, Decision, Draft, Gold, Record, Task
from review.sources.imports.record_import import content_hash
from review.spec.prompting import canonical_json, fields_hash
from review.states import AssignmentState, DraftState
from tests.review import factories

pytestmark = pytest.mark.django_db


def everything(version: DatasetVersion) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Rows of all files; each file's bytes must be what its row says."""
    found = {}
    for file in DatasetFile.objects.filter(version=version):
        data = default_storage.open(file.path).read()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file.sha256, file.bytes)
        is_parquet = file.container == "parquet"
        rows = pq.read_table(io.BytesIO(data)).to_pylist() if is_parquet else list(map(json.loads, data.splitlines()))
        assert len(rows) == file.rows
        found[(file.format, file.split, "parquet") if is_parquet else (file.format, file.split)] = rows
    return found


def test_a_record_its_drafts_and_verdicts_become_tombstones_that_keep_their_hashes(
    task: Task, records: list[Record]
) -> None:
    record = records[1]  # its draft was edited
    draft, decision = Draft.objects.get(record=record), Decision.objects.get(draft__record=record)
    texts = [canonical_json(record.facts), canonical_json(draft.fields), canonical_json(decision.fields)]

    erased = erase_records([record.pk])

    digest = record.content_hash
    record.refresh_from_db()
    after, verdict = Draft.objects.get(pk=draft.pk), Decision.objects.get(pk=decision.pk)
    assert (erased.records, erased.drafts, erased.decisions) == ((record.pk,), (draft.pk,), 1)
    assert (record.facts, record.title, record.erased_hash) == ({}, "Erased", digest)
    assert after.fields == {"subject": f"[erased {draft.fields_hash}]", "body": f"[erased {draft.fields_hash}]"}
    assert (after.fields_hash, after.messages, after.marks) == (draft.fields_hash, [], [])
    assert verdict.fields["body"] == f"[erased {fields_hash(decision.fields)}]"
    assert (verdict.verdict, verdict.before_hash) == (decision.verdict, decision.before_hash)
    left = str([*Record.objects.filter(pk=record.pk).values(), *Draft.objects.filter(pk=draft.pk).values()])
    assert not any(word in left for text in texts for word in json.loads(text).values() if len(str(word)) > 8)


def test_others_stay_as_they_are_and_doing_it_twice_changes_nothing(records: list[Record]) -> None:
    others = Draft.objects.exclude(record=records[0])
    before = list(others.order_by("pk").values())

    erase_records([records[0].pk])
    first = Draft.objects.filter(record=records[0]).values().get()
    again = erase_records([records[0].pk])

    assert list(others.order_by("pk").values()) == before
    assert again.records == again.drafts == ()
    assert Draft.objects.filter(record=records[0]).values().get() == first


def test_golds_rebuild_identically_and_what_differed_still_differs(
    task: Task, admin: Member, make_member: Any, records: list[Record]
) -> None:
    edited = Decision.objects.filter(verdict="edit")[0]
    other = {**edited.fields, "subject": "Another way to say it"}
    Decision.objects.create(
        draft=edited.draft, task=task, reviewer=make_member("olga"), verdict="edit", fields=other,
        before_hash=edited.before_hash, body_hash="b" * 64,
    )  # fmt: skip
    golds.rebuild()
    before = list(Gold.objects.order_by("draft").values())

    erase_records([record.pk for record in records])
    golds.rebuild()

    assert list(Gold.objects.order_by("draft").values()) == before
    assert not any(gold["draft_id"] == edited.draft_id for gold in before)


def test_a_tombstone_holds_nothing_of_nested_values() -> None:
    fields = {
        "category": "secret", "urgent": True, "tags": ["secret"],
        "buyer": {"name": "secret", "seat": {"city": "secret"}},
        "lines": [{"name": "secret", "parts": [{"maker": "secret"}], "amount": 12.5}, {"name": "secret"}],
    }  # fmt: skip

    buried = str(files.tombstone_of(fields))

    assert set(files.tombstone_of(fields)) == set(fields)
    assert "secret" not in buried and "12.5" not in buried and "True" not in buried


def test_equal_texts_leave_equal_tombstones_and_different_ones_do_not() -> None:
    one = {"summary": "a", "claims": [{"text": "t", "quote": "q"}, {"text": "u", "quote": "r"}]}

    assert files.tombstone_of(one) == files.tombstone_of(dict(one))
    assert files.tombstone_of(one) != files.tombstone_of({**one, "summary": "b"})
    assert list(files.tombstone_of(one)) == ["summary", "claims"]
    assert set(files.tombstone_of(one)["claims"][0]) == {"text", "quote"}
    assert "q" not in files.tombstone_of(one)["claims"][0].values()


@pytest.mark.slow
def test_frozen_files_lose_the_text_and_the_version_keeps_its_manifest(
    version: DatasetVersion, records: list[Record]
) -> None:
    record = records[0]
    draft = Draft.objects.get(record=record)
    before, manifest, old_paths = (
        everything(version),
        dict(version.manifest),
        set(version.files.values_list("path", flat=True)),
    )

    erased = erase_records([record.pk])
    sweep([version.pk])

    after, split = everything(version), record.split
    version.refresh_from_db()
    assert erased.versions == (version.pk,)
    assert version.manifest == manifest
    assert erased_rows(version) == 1
    assert not any(record.title in canonical_json(row) for rows in after.values() for row in rows)
    assert [row for row in before["sft", split] if row["id"] != str(draft.pk)] == after["sft", split]
    raw = next(row for row in after["raw", split] if row["id"] == str(draft.pk))
    assert raw["draft"]["body"] == f"[erased {draft.fields_hash}]"
    assert (raw["record"]["facts"], raw["record"]["group"]) == ({}, "erased")
    assert len(after["raw", split]) == len(before["raw", split])
    kept = set(version.files.values_list("path", flat=True))
    assert kept != old_paths
    stored = {f"datasets/{version.pk}/{name}" for name in default_storage.listdir(f"datasets/{version.pk}")[1]}
    assert stored == kept


@pytest.mark.slow
def test_what_is_erased_is_frozen_in_no_later_version(
    task: Task, admin: Member, version: DatasetVersion, records: list[Record]
) -> None:
    erase_records([records[0].pk])

    later = freezing.freeze(Dataset.objects.get(), by=admin)
    writing.seal(later.pk, writing.write(later.pk, report=lambda done, total: None))

    later.refresh_from_db()
    assert later.counts["looked_at"] == version.counts["looked_at"] - 1
    assert erased_rows(later) == 0


def test_a_draft_on_the_desk_leaves_it_and_does_not_come_back(task: Task, admin: Member) -> None:
    records = factories.make_records(factories.make_source(task), 2)
    factories.make_drafts(task, records)
    held = deck.deal(admin, task, count=2)
    Assignment.objects.update(unfinished={"body": "half an edit"}, note="ask her")

    erase_records([record.pk for record in records])
    put = put_on_desk(Draft.objects.all())

    assert put == 0
    assert set(Draft.objects.values_list("state", flat=True)) == {DraftState.KEPT}
    assert len(held) == 2
    assert set(Assignment.objects.values_list("state", "unfinished", "note")) == {(AssignmentState.RELEASED, None, "")}
    assert deck.deal(admin, task, count=5) == []


def test_the_same_facts_may_come_again_for_somebody_else(task: Task) -> None:
    record = factories.make_records(factories.make_source(task), 1)[0]
    digest = content_hash(record.facts)
    Record.objects.filter(pk=record.pk).update(content_hash=digest)

    erase_records([record.pk])

    assert not Record.objects.filter(content_hash=digest).exists()
    assert Record.objects.get(pk=record.pk).erased_hash == digest


@pytest.mark.slow
def test_the_version_page_says_that_it_contains_erased(
    version: DatasetVersion, records: list[Record], admin: Member, as_member: Any
) -> None:
    erase_records([records[0].pk, records[3].pk])

    page = as_member(admin).get(f"/datasets/{version.dataset.slug}/v/{version.number}/").content.decode()

    assert "Contains erased text" in page
    assert "2 rows" in page
    assert selectors.file_of(version, "train", "sft") is not None
