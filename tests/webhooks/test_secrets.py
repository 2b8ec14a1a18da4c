"""Secrets of a webhook: encrypted, renewed, and still valid for a day."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from members.models import Member
from review.models import Task
from tests.webhooks.conftest import happen
from tests.webhooks.receiver import Receiver
from webhooks.deliveries import deliver
from webhooks.endpoints import edit, signing
from webhooks.models import Attempt, Hook

pytestmark = pytest.mark.django_db(transaction=True)
MakeHook = Callable[..., tuple[Hook, str]]


def test_the_secret_stands_encrypted_in_the_row(make_hook: MakeHook) -> None:
    hook, secret = make_hook()

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM webhooks_hook")
        (stored,) = cursor.fetchone()
    assert secret not in stored
    assert hook.secret == stored


def test_a_secret_sealed_under_another_key_fails_with_what_to_do(
    make_hook: MakeHook, receiver: Receiver, task: Task, settings: Any
) -> None:
    make_hook()
    happen(task)
    settings.SECRET_KEY = "another" * 10

    deliver.deliver_due()

    assert receiver.calls == []
    assert "Make a new secret" in Attempt.objects.get().said


def test_for_a_day_after_a_new_secret_the_old_one_signs_too(
    make_hook: MakeHook, receiver: Receiver, task: Task, admin: Member
) -> None:
    hook, old = make_hook()
    new = edit.renew_secret(hook, by=admin)
    happen(task, "1")
    deliver.deliver_due()
    Hook.objects.update(old_secret_until=timezone.now())
    happen(task, "2")
    deliver.deliver_due()

    found = [
        [signing.is_valid(headers["Miniatures-Signature"], body, key=key, now=int(time.time())) for key in (new, old)]
        for headers, body in receiver.calls
    ]
    assert found == [[True, True], [True, False]]


def test_a_new_secret_serves_at_once_where_the_old_one_cannot_be_read(
    make_hook: MakeHook, receiver: Receiver, task: Task, admin: Member, settings: Any
) -> None:
    hook, _ = make_hook()
    settings.SECRET_KEY = "another" * 10
    secret = edit.renew_secret(hook, by=admin)
    happen(task)

    deliver.deliver_due()

    ((headers, body),) = receiver.calls
    assert signing.is_valid(headers["Miniatures-Signature"], body, key=secret, now=int(time.time()))


def test_a_second_new_secret_within_the_day_keeps_the_first_valid(
    make_hook: MakeHook, receiver: Receiver, task: Task, admin: Member
) -> None:
    hook, first = make_hook()
    # As a page does that is loaded again once it has shown the secret.
    secrets = [first, *(edit.renew_secret(Hook.objects.get(pk=hook.pk), by=admin) for _ in range(2))]
    happen(task)

    deliver.deliver_due()

    ((headers, body),) = receiver.calls
    header = headers["Miniatures-Signature"]
    assert [signing.is_valid(header, body, key=key, now=int(time.time())) for key in secrets] == [True] * 3
