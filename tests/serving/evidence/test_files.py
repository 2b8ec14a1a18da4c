"""Evidence files are made by a job, kept for some days, and dropped when something in them is erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditRow
from jobs.contracts import Result
from jobs.kinds import registry
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.erasure import erase
from review.models import DatasetVersion, Record
from serving.evidence import files
from serving.evidence.verification import verify
from serving.models import EvidenceFile
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db
AsMember = Callable[[Member], Client]


class Attempt:
    """An attempt that nothing stops; `meanwhile` happens between making and storing."""

    def __init__(self, meanwhile: Callable[[], object] | None = None) -> None:
        self.fence, self._meanwhile = 1, meanwhile

    def progress(self, done: int, total: int, unit: str = "") -> None:
        if done == 1 and self._meanwhile:
            self._meanwhile()


@pytest.fixture
def made(miniature: Miniature, lead: Member, django_capture_on_commit_callbacks: Any) -> Callable[..., EvidenceFile]:
    """Order a file and have its job done as a worker does."""

    def make(with_rows: bool = False, meanwhile: Callable[[], object] | None = None) -> EvidenceFile:
        file = files.request_file(miniature, with_rows=with_rows, by=lead)
        kind = registry.KINDS[files.KIND]
        summary = kind.run_inline(file.job, Attempt(meanwhile))
        with django_capture_on_commit_callbacks(execute=True):
            Job.objects.filter(pk=file.job_id).update(state=JobState.SUCCEEDED, finished_at=timezone.now())
            kind.on_finished(file.job, Result(outcome="succeeded", summary=summary), {})
        return EvidenceFile.objects.select_related("job").get(pk=file.pk)

    return make


@pytest.fixture
def erase_one(miniature: Miniature, django_capture_on_commit_callbacks: Any) -> Callable[[], None]:
    """Erase a record of the miniature's task."""

    def erase_record() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            erase.erase_records([Record.objects.filter(task=miniature.task).earliest("pk").pk])

    return erase_record


def stored(file: EvidenceFile) -> list[str]:
    folder = f"evidence/{file.pk}"
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


async def read(answer: Any) -> bytes:
    return b"".join([block async for block in answer.streaming_content])


@pytest.mark.slow
def test_it_is_ordered_made_and_downloaded_and_the_trail_tells_who_did(
    miniature: Miniature, lead: Member, made: Callable[..., EvidenceFile], as_member: AsMember, tmp_path: Path
) -> None:
    client, page = as_member(lead), reverse("serving:evidence", args=[miniature.pk])
    address = reverse("serving:miniature-evidence", args=[miniature.pk])
    before = client.get(address)
    client.post(page, {"rows": "1"})
    waiting = client.get(page).content.decode()

    file = made(with_rows=True)
    ready, answer = client.get(page).content.decode(), client.get(f"{address}?rows=1")

    assert before.status_code == 409
    assert "being made" in waiting and address not in waiting
    assert f'href="{address}?rows=1"' in ready and file.digest in ready
    path = tmp_path / "downloaded.zip"
    path.write_bytes(async_to_sync(read)(answer))
    assert verify(path, digest=answer["X-Digest"]).mismatches == []
    acts = (
        AuditRow.objects.filter(act__startswith="evidence").order_by("pk").values_list("act", "actor", "detail__digest")
    )
    assert list(acts) == [(act, str(lead.pk), file.digest) for act in ("evidence_made", "evidence_downloaded")]
    assert not AuditRow.objects.filter(act="file_downloaded").exists()


@pytest.mark.slow
def test_only_who_leads_the_task_has_one_made_and_takes_it(
    miniature: Miniature, viewer: Member, made: Callable[..., EvidenceFile]
) -> None:
    made()

    with pytest.raises(PermissionDenied):
        files.request_file(miniature, with_rows=False, by=viewer)
    with pytest.raises(PermissionDenied):
        files.ready_file(miniature, with_rows=False, by=viewer)


@pytest.mark.slow
def test_the_api_orders_one_and_tells_how_it_stands(
    miniature: Miniature, lead: Member, made: Callable[..., EvidenceFile], as_member: AsMember
) -> None:
    client, address = as_member(lead), reverse("api-evidence-files", args=[miniature.pk])

    first = client.post(address, {"rows": True}, content_type="application/json")
    second = client.post(address, {"rows": True}, content_type="application/json")
    [waiting] = client.get(address).json()["results"]
    file = made(with_rows=True)
    [ready] = client.get(address).json()["results"]

    assert (first.status_code, first.json()["job"]) == (202, second.json()["job"])
    assert (waiting["state"], waiting["is_ready"], waiting["digest"]) == ("being made", False, "")
    assert (ready["state"], ready["rows"], ready["digest"], ready["bytes"]) == ("ready", True, file.digest, file.bytes)


@pytest.mark.slow
def test_made_again_it_takes_the_place_of_the_one_before(
    miniature: Miniature, lead: Member, made: Callable[..., EvidenceFile]
) -> None:
    first = made()
    files.request_file(miniature, with_rows=False, by=lead)
    meanwhile = EvidenceFile.objects.select_related("job").get(pk=first.pk)
    again = made()

    assert (meanwhile.state, meanwhile.is_ready) == ("being made", True)
    assert again.pk == first.pk
    # Nothing that it tells has changed.
    assert again.digest == first.digest
    assert [f"evidence/{again.pk}/{name}" for name in stored(again)] == [again.path] != [first.path]


@pytest.mark.slow
def test_it_is_dropped_when_a_record_of_the_task_is_erased(
    miniature: Miniature, lead: Member, made: Callable[..., EvidenceFile], erase_one: Callable[[], None]
) -> None:
    both = [made(), made(with_rows=True)]
    assert all(stored(file) for file in both)

    erase_one()

    assert [stored(file) for file in both] == [[], []]
    assert [file.state for _, file in files.both(miniature) if file] == ["gone", "gone"]
    with pytest.raises(Refusal, match="erased since"):
        files.ready_file(miniature, with_rows=True, by=lead)
    assert made(with_rows=True).is_ready


def test_what_is_made_while_a_record_is_erased_is_not_kept(
    made: Callable[..., EvidenceFile], erase_one: Callable[[], None]
) -> None:
    file = made(with_rows=True, meanwhile=erase_one)

    assert (file.state, stored(file)) == ("gone", [])
    assert not AuditRow.objects.filter(act="evidence_made").exists()


@pytest.mark.slow
def test_it_goes_when_its_days_are_over_and_so_does_what_a_crash_left(made: Callable[..., EvidenceFile]) -> None:
    kept, over = made(), made(with_rows=True)
    EvidenceFile.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    left = default_storage.save(f"evidence/{kept.pk}/{kept.job_id}-0.zip", default_storage.open(kept.path))

    gone = files.drop_expired()

    assert (gone, stored(over)) == (1, [])
    assert not default_storage.exists(left)
    assert [f"evidence/{kept.pk}/{name}" for name in stored(kept)] == [kept.path]
    assert files.drop_expired() == 0


@pytest.mark.slow
def test_a_version_that_is_not_frozen_here_is_refused_and_a_lost_file_is_told(
    miniature: Miniature, lead: Member, made: Callable[..., EvidenceFile], as_member: AsMember
) -> None:
    file = made()
    default_storage.delete(file.path)

    assert as_member(lead).get(reverse("serving:miniature-evidence", args=[miniature.pk])).status_code == 409
    miniature.run.dataset_version = DatasetVersion(dataset=miniature.run.dataset_version.dataset, number=9)
    with pytest.raises(Refusal) as refused:
        files.request_file(miniature, with_rows=False, by=lead)
    assert refused.value.code == "not_frozen"
