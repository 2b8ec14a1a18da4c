"""Drafts that nobody judged, frozen beside a version: which they are,
and that no door but a study's raw arm opens on them.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from members.models import Member
from review.datasets import freezing, hub_push, removed_samples, revocations, version_queries
from review.datasets import queries as selectors
from review.datasets import write_version as writing
from review.datasets.exports import FORMATS, UNJUDGED
from review.datasets.recalls import preview
from review.datasets.recalls.preview import Criteria
from review.erasure.erase import erase_records
from review.models import DatasetFile, DatasetVersion, Draft, KnownAnswer, Preference, Record, Task, UnjudgedRow
from review.states import DraftState, Split
from tests.review import factories
from tests.review.datasets import golds
from training.costs import data_cost
from web.errors import Refusal

pytestmark = pytest.mark.django_db
TAKE = {"unjudged": "take"}
TRAIN, HELD_OUT, WAITING = 12, 6, 5


@pytest.fixture
def waiting(task: Task, admin: Member) -> list[Draft]:
    """One order: twelve training and six held-out records whose drafts are judged, five training records that wait."""
    records = factories.make_records(factories.make_source(task), TRAIN + HELD_OUT + WAITING)
    for place, record in enumerate(records):
        is_held_out = TRAIN <= place < TRAIN + HELD_OUT
        record.split = (Split.VALIDATION, Split.TEST)[place % 2] if is_held_out else Split.TRAIN
    Record.objects.bulk_update(records, ["split"])
    golds.make_drafts(task, records)
    Draft.objects.update(job_id=uuid4())
    golds.decide_each(admin, task, (["accept", "edit", "reject"] * 4)[:TRAIN] + ["accept"] * HELD_OUT)
    return list(Draft.objects.filter(decisions__isnull=True).select_related("record").order_by("created_at", "pk"))


def frozen(task: Task, by: Member, **filters: Any) -> DatasetVersion:
    dataset = task.datasets.first() or freezing.create(task, name="Gold", by=by)
    return golds.sealed(freezing.freeze(dataset, by=by, filters=filters))


def stored(version: DatasetVersion) -> list[dict[str, Any]]:
    file = selectors.file_of(version, Split.TRAIN, UNJUDGED)
    if file is None:
        return []
    with default_storage.open(file.path) as handle:
        data = handle.read()
    assert hashlib.sha256(data).hexdigest() == file.sha256
    return [json.loads(line) for line in data.splitlines()]


def ids(version: DatasetVersion) -> set[str]:
    found = {str(row["id"]) for row in stored(version)}
    assert found == {str(pk) for pk in version.unjudged_rows.values_list("draft", flat=True)}
    return found


@pytest.mark.slow
def test_drafts_of_the_same_order_that_wait_are_frozen_apart(task: Task, admin: Member, waiting: list[Draft]) -> None:
    version = frozen(task, admin, **TAKE)

    rows = stored(version)
    assert [row["id"] for row in rows] == [str(draft.pk) for draft in waiting]
    meta = json.loads(rows[0]["meta"])
    assert meta["unjudged"] is True
    assert not {"decision", "reviewer", "verdict"} & set(meta)
    assert waiting[0].fields["subject"] in rows[0]["completion"][0]["content"]
    told = version.manifest["unjudged"]
    assert (told["rows"], told["records"]) == (WAITING, WAITING)
    assert told["sha256"] == selectors.file_of(version, Split.TRAIN, UNJUDGED).sha256  # type: ignore[union-attr]


@pytest.mark.slow
def test_without_being_asked_for_none_are_frozen(task: Task, admin: Member, waiting: list[Draft]) -> None:
    version = frozen(task, admin)

    assert not stored(version)
    assert not UnjudgedRow.objects.exists()
    assert "unjudged" not in version.manifest


@pytest.mark.slow
def test_what_a_person_read_or_put_aside_is_not_among_them(task: Task, admin: Member, waiting: list[Draft]) -> None:
    compared, revoked, known, kept, revision = waiting
    Preference.objects.create(
        task=task, record=compared.record, reviewer=admin, shown=[str(compared.pk)], body_hash="a" * 64
    )
    revocations.revoke(revoked.pk, by=admin, reason="Withdrawn.")
    KnownAnswer.objects.create(draft=known, task=task, verdict="accept", created_by=admin)
    Draft.objects.filter(pk=kept.pk).update(state=DraftState.KEPT)
    Draft.objects.filter(pk=revision.pk).update(parent=compared)

    version = frozen(task, admin, **TAKE)

    assert version.manifest["unjudged"]["rows"] == 0
    assert not stored(version)


@pytest.mark.slow
def test_drafts_of_another_order_or_teacher_are_not_among_them(task: Task, admin: Member, waiting: list[Draft]) -> None:
    Draft.objects.filter(pk=waiting[0].pk).update(job_id=uuid4())
    Draft.objects.filter(pk=waiting[1].pk).update(job_id=None)
    Draft.objects.filter(pk=waiting[2].pk).update(teacher="another")

    version = frozen(task, admin, **TAKE, teachers=["offline"])

    assert ids(version) == {str(draft.pk) for draft in waiting[3:]}


@pytest.mark.slow
def test_nothing_held_out_is_among_them(task: Task, admin: Member, waiting: list[Draft]) -> None:
    held_out = Record.objects.filter(task=task, split=Split.VALIDATION).first()
    assert held_out is not None
    Record.objects.filter(pk=held_out.pk).update(domain="held.example")
    moved, same_company, same_domain, same_text, other = waiting
    # Of no company: its own side alone keeps it out.
    Record.objects.filter(pk=moved.record_id).update(split=Split.TEST, group="", domain="")
    Record.objects.filter(pk=same_company.record_id).update(group=f"{held_out.group.upper()} GmbH")
    Record.objects.filter(pk=same_domain.record_id).update(domain="held.example")
    Draft.objects.filter(pk=same_text.pk).update(fields=golds.mail(held_out))

    version = frozen(task, admin, **TAKE, near_duplicates=None)

    assert ids(version) == {str(other.pk)}


@pytest.mark.slow
def test_of_near_duplicates_among_them_the_earliest_stays(task: Task, admin: Member, waiting: list[Draft]) -> None:
    Draft.objects.filter(pk__in=[draft.pk for draft in waiting]).update(fields=waiting[0].fields)

    assert ids(frozen(task, admin, **TAKE)) == {str(waiting[0].pk)}
    assert len(ids(frozen(task, admin, **TAKE, near_duplicates=None))) == WAITING


@pytest.mark.slow
def test_personal_data_in_them_is_masked_or_refused(task: Task, admin: Member, waiting: list[Draft]) -> None:
    fields = {**waiting[0].fields, "body": f"Write to jo.smith@example.com. {waiting[0].fields['body']}"}
    Draft.objects.filter(pk=waiting[0].pk).update(fields=fields)

    version = frozen(task, admin, **TAKE, personal_data="mask")

    assert "jo.smith@example.com" not in json.dumps(stored(version))
    assert version.manifest["unjudged"]["personal_data"]["rows"] == 1
    with pytest.raises(Refusal, match="contains personal data"):
        frozen(task, admin, **TAKE, personal_data="refuse")


@pytest.mark.slow
def test_the_same_golds_make_the_same_version_with_them_and_without(
    task: Task, admin: Member, waiting: list[Draft]
) -> None:
    without, beside = frozen(task, admin), frozen(task, admin, **TAKE)

    assert beside.counts == {**without.counts, "change": {"since": 1, "added": 0, "removed": 0, "changed": 0}}
    assert beside.content_hash == without.content_hash
    for part in ("files", "leakage", "personal_data"):
        assert beside.manifest[part] == without.manifest[part]
    only = [line for line in beside.card.splitlines() if line not in without.card.splitlines()]
    assert only.pop().startswith("Apart from its rows, 5 unjudged drafts of 5 training records were frozen")
    assert all(
        line.startswith(("# Gold", "- Frozen", "- Since version 1: 0 added, 0 removed, 0 changed")) for line in only
    )
    assert data_cost.of_versions([beside]) == data_cost.of_versions([without])


@pytest.mark.slow
def test_no_door_hands_them_out(task: Task, admin: Member, waiting: list[Draft], client: Client) -> None:
    version = frozen(task, admin, **TAKE)

    assert DatasetFile.objects.filter(version=version, format=UNJUDGED).count() == 1
    assert {file.format for file in selectors.files_of(version)} == set(FORMATS)
    with pytest.raises(Refusal, match="Nothing was sent"):
        hub_push.push(version, to="acme/gold", by=admin, formats=(UNJUDGED,))
    api = APIClient()
    api.force_authenticate(admin)
    at = f"/api/v1/dataset-versions/{version.pk}/"
    body = api.get(at).json()
    assert {file["format"] for file in body["files"]} == set(FORMATS)
    assert body["manifest"]["unjudged"]["rows"] == WAITING
    for door in ("rows/", "rows.jsonl", "rows.parquet"):
        answer = api.get(f"{at}{door}?split=train&format=unjudged")
        assert answer.status_code == 400
        assert answer.json()["code"] in ("bad_filters", "bad_format")
    client.force_login(admin)
    where = [version.dataset.slug, version.number]
    page = client.get(reverse("review:dataset-version", args=where)).content.decode()
    assert version.manifest["unjudged"]["sha256"] in page
    assert "format=unjudged" not in client.get(reverse("review:dataset-export", args=where)).content.decode()


@pytest.mark.slow
def test_erasing_a_person_reaches_them(task: Task, admin: Member, waiting: list[Draft]) -> None:
    version = frozen(task, admin, **TAKE)
    gone = waiting[0]

    result = erase_records([gone.record_id])

    assert result.versions == (version.pk,)
    assert {row["id"] for row in stored(version)} == {str(draft.pk) for draft in waiting[1:]}
    found = selectors.version_or_404(admin, version.pk)
    assert found.contains_erased  # type: ignore[attr-defined]
    assert found.manifest["unjudged"]["rows"] == WAITING


@pytest.mark.slow
def test_a_version_is_marked_where_one_of_them_is_revoked(task: Task, admin: Member, waiting: list[Draft]) -> None:
    version, without = frozen(task, admin, **TAKE), frozen(task, admin)

    revocations.revoke(waiting[0].pk, by=admin, reason="The facts are of another company.")

    assert DatasetVersion.objects.filter(removed_samples.holds_revoked()).get() == version
    assert removed_samples.removed_counts(version) == {"revoked": 1, "erased": 0}
    assert [found.draft_id for found in removed_samples.in_version(version)] == [waiting[0].pk]
    assert removed_samples.removed_counts(without)["revoked"] == 0


@pytest.mark.slow
def test_a_recall_or_revocation_names_the_versions_that_hold_them(
    task: Task, admin: Member, waiting: list[Draft], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = frozen(task, admin, **TAKE), frozen(task, admin, **TAKE, near_duplicates=None)
    frozen(task, admin)
    Draft.objects.filter(pk__in=[draft.pk for draft in waiting[:2]]).update(teacher="another")
    chosen = Criteria.read({"teacher": "another"})

    held = preview.preview(task, chosen, by=admin).versions
    monkeypatch.setattr(preview, "LISTED", 1)

    assert [(each.version, each.rows) for each in held] == [(second, 2), (first, 2)]
    assert [each.version for each in preview.preview(task, chosen, by=admin).versions] == [second]
    assert version_queries.holding(waiting[0].pk) == [second, first]


def test_they_are_known_for_now_alone(task: Task, admin: Member, waiting: list[Draft]) -> None:
    with pytest.raises(Refusal, match="mistakes") as refused:
        frozen(task, admin, **TAKE, as_of="2026-01-01T00:00:00Z")

    assert "unjudged drafts are only known" in str(refused.value.errors)


@pytest.mark.slow
def test_a_second_attempt_writes_them_anew(task: Task, admin: Member, waiting: list[Draft]) -> None:
    version = freezing.freeze(freezing.create(task, name="Twice", by=admin), by=admin, filters=TAKE)
    first, second = (writing.write(version.pk, report=lambda done, total: None) for _ in range(2))

    writing.seal(version.pk, second)

    assert first == second
    assert len(ids(version)) == WAITING
    assert UUID(stored(version)[0]["id"]) == waiting[0].pk
