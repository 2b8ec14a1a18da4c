"""Who loses a race or meets a full disk is told so: a deadlock may be sent again, a removed row is a conflict,
a full disk waits for room.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory

from members.models import Member
from review.models import Task
from tests.full_disks import room_for
from tests.review import factories
from web.http import away
from web.http.not_taken import CONTESTED, FULL, GONE, not_taken
from webhooks.endpoints import edit, queries
from webhooks.models import Delivery, Hook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hook(admin: Member, monkeypatch: pytest.MonkeyPatch) -> Hook:
    """A hook that somebody removes just after it was found."""
    hook = edit.create(
        name="crm", url="https://93.184.216.34/x", events=["dataset_version.frozen"], task_slug="", by=admin
    )[0]
    found = queries.hook_or_404

    def found_and_removed(member: Member, hook_id: UUID) -> Hook:
        hook = found(member, hook_id)
        Hook.objects.filter(pk=hook_id).delete()
        return hook

    monkeypatch.setattr(queries, "hook_or_404", found_and_removed)
    return hook


def test_a_program_hears_that_the_row_was_removed_meanwhile(hook: Hook, admin: Member, api_as: Any) -> None:
    answer = api_as(admin).post(f"/api/v1/webhooks/{hook.pk}/test/")

    assert (answer.status_code, answer.json()["code"]) == (409, GONE.code)
    assert not Delivery.objects.exists()


def test_a_page_says_the_same_in_words(hook: Hook, admin: Member, as_member: Any) -> None:
    browser: Client = as_member(admin)
    browser.raise_request_exception = False

    answer = browser.post(f"/settings/webhooks/{hook.pk}/act/", {"act": "test"})

    assert answer.status_code == 409
    assert GONE.title in answer.content.decode()


@pytest.mark.postgres_only
def test_of_two_transactions_in_a_deadlock_one_may_send_the_same_again(admin: Member) -> None:
    tasks = [factories.make_desk(by=admin, count=1, slug=slug).pk for slug in ("one", "two")]
    both_hold = threading.Barrier(2)

    def lock(first: UUID, second: UUID) -> DatabaseError | None:
        try:
            with transaction.atomic():
                Task.objects.select_for_update().get(pk=first)
                both_hold.wait(60)
                Task.objects.select_for_update().get(pk=second)
        except DatabaseError as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(2) as pool:
        errors = [one.result() for one in [pool.submit(lock, *tasks), pool.submit(lock, *reversed(tasks))]]

    lost = [error for error in errors if error is not None]
    assert [not_taken(error) for error in lost] == [CONTESTED]
    try:
        raise lost[0]
    except DatabaseError:
        answer = away.server_fault(RequestFactory().post("/api/v1/tasks/"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")


def test_other_errors_are_no_race() -> None:
    assert not_taken(None) is None
    assert not_taken(ValueError("FOREIGN KEY constraint failed")) is None


@pytest.mark.parametrize("path", ["/api/v1/sources/", "/tasks/desk/sources/import/"])
def test_an_upload_that_finds_no_room_is_told_so(
    path: str, admin: Member, api_as: Any, as_member: Any, tmp_path: Path, settings: Any
) -> None:
    factories.make_desk(by=admin, count=1, slug="desk")
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE, settings.FILE_UPLOAD_TEMP_DIR = 0, str(tmp_path)
    client = api_as(admin) if path.startswith("/api/") else as_member(admin)
    client.raise_request_exception = False
    file = SimpleUploadedFile("rows.csv", b"company\n" + b"Northwind Bakery\n" * 10_000)

    with room_for(1 << 12):
        answer = client.post(path, {"file": file, "task": "desk"}, format="multipart")

    assert (answer.status_code, FULL.title in answer.content.decode()) == (507, True)
    assert not list(tmp_path.iterdir()), "nothing half-written stays on the full disk"
