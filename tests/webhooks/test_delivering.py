"""Delivering: signed, tried again, given up, paused; each against a real receiver."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from members.models import Member
from review.models import Task
from tests.webhooks.conftest import due_now, happen
from tests.webhooks.receiver import Receiver
from webhooks.deliveries import deliver, publish
from webhooks.endpoints import edit, signing
from webhooks.models import Attempt, Delivery, Hook, WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)
MakeHook = Callable[..., tuple[Hook, str]]


def test_an_event_arrives_signed_with_the_secret_that_was_shown(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    hook, secret = make_hook()
    event = happen(task)

    calls = deliver.deliver_due()

    (headers, body), delivery = receiver.calls[0], Delivery.objects.get(hook=hook)
    assert calls == 1
    assert signing.is_valid(headers["Miniatures-Signature"], body, key=secret, now=int(time.time()))
    assert json.loads(body) == {
        "id": str(event.pk), "event": "job.finished", "created_at": event.created_at.isoformat(), "task": task.slug,
        "data": {"job": "1", "state": "succeeded"},
    }  # fmt: skip
    assert (headers["Miniatures-Event-Id"], headers["Host"]) == (str(event.pk), receiver.url.split("/")[2])
    assert (delivery.state, delivery.attempts, delivery.tries.get().status) == ("delivered", 1, 200)


@pytest.mark.slow
def test_a_failure_is_tried_again_later_with_the_same_body_until_it_is_heard(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    make_hook()
    happen(task)
    receiver.statuses = [500, 503, 200]

    for _ in range(3):
        deliver.deliver_due()
        assert deliver.deliver_due() == 0
        due_now()
    deliver.deliver_due()

    assert list(Attempt.objects.order_by("number").values_list("status", flat=True)) == [500, 503, 200]
    assert len({body for _, body in receiver.calls}) == 1
    assert Delivery.objects.get().state == "delivered"
    assert Hook.objects.get().failures_in_row == 0


def test_pauses_double_from_five_seconds_to_an_hour_with_some_chance_in_them() -> None:
    pauses = [[deliver.pause_s(attempt) for _ in range(50)] for attempt in range(1, 25)]

    for attempt, drawn in enumerate(pauses):
        base = min(5 * 2**attempt, 3600)
        assert base <= min(drawn) < max(drawn) <= base * 1.5


def test_after_a_day_it_is_given_up_and_says_so(make_hook: MakeHook, receiver: Receiver, task: Task) -> None:
    make_hook()
    happen(task)
    receiver.statuses = [500]
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=25), attempts=deliver.LEAST_CALLS - 1)

    deliver.deliver_due()
    due_now()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("failed", deliver.LEAST_CALLS)
    assert deliver.deliver_due() == 0


@pytest.mark.slow
def test_twenty_failures_in_a_row_over_an_hour_pause_the_hook_with_the_reason(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    hook, _ = make_hook()
    receiver.statuses, receiver.answer = [502], b"bad \x00 gateway"
    for number in range(25):
        happen(task, str(number))

    deliver.deliver_due()
    hook.refresh_from_db()
    assert (hook.is_active, hook.failures_in_row) == (True, 25)
    Attempt.objects.update(at=timezone.now() - timedelta(hours=1))
    due_now()
    deliver.deliver_due()

    hook.refresh_from_db()
    assert not hook.is_active
    assert "20 or more in a row. The last: 502. bad   gateway" in hook.paused_reason
    calls = len(receiver.calls)
    due_now()
    assert (deliver.deliver_due(), len(receiver.calls)) == (0, calls)


def test_an_address_that_says_it_is_gone_is_paused_at_once(make_hook: MakeHook, receiver: Receiver, task: Task) -> None:
    hook, _ = make_hook()
    happen(task)
    receiver.statuses = [410]

    deliver.deliver_due()

    hook.refresh_from_db()
    assert (hook.is_active, hook.paused_reason) == (False, "Its receiver answered 410: the address is gone.")


def test_resuming_sends_what_was_on_its_way(make_hook: MakeHook, receiver: Receiver, task: Task, admin: Member) -> None:
    hook, _ = make_hook()
    happen(task)
    edit.pause(hook, by=admin)
    assert deliver.deliver_due() == 0

    edit.resume(hook, by=admin)
    deliver.deliver_due()

    assert len(receiver.calls) == 1


def test_a_failure_after_a_pause_of_days_is_tried_again(
    make_hook: MakeHook, receiver: Receiver, task: Task, admin: Member
) -> None:
    hook, _ = make_hook()
    happen(task)
    edit.pause(hook, by=admin)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=3))
    receiver.statuses = [503, 200]

    edit.resume(hook, by=admin)
    deliver.deliver_due()
    due_now()
    deliver.deliver_due()

    assert Delivery.objects.get().state == "delivered"


def test_a_resumed_hook_has_its_hour_and_its_calls_again(
    make_hook: MakeHook, receiver: Receiver, task: Task, admin: Member
) -> None:
    hook, _ = make_hook()
    receiver.statuses = [503]
    for number in range(25):
        happen(task, str(number))
    deliver.deliver_due()
    long_ago = timezone.now() - timedelta(hours=30)
    Attempt.objects.update(at=long_ago)
    Delivery.objects.update(created_at=long_ago, attempts=deliver.LEAST_CALLS + 2)
    edit.pause(hook, by=admin)

    edit.resume(hook, by=admin)
    deliver.deliver_due()

    hook.refresh_from_db()
    assert (hook.is_active, hook.failures_in_row) == (True, 25)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 1)}
    edit.resume(hook, by=admin)
    assert (Hook.objects.get().failures_in_row, Delivery.objects.filter(attempts=1).count()) == (25, 25)


def test_a_redirect_is_a_failure_and_is_not_followed(make_hook: MakeHook, receiver: Receiver, task: Task) -> None:
    make_hook()
    happen(task)
    receiver.statuses, receiver.headers = [302], {"Location": receiver.url}

    deliver.deliver_due()

    assert len(receiver.calls) == 1
    assert Attempt.objects.get().status == 302
    assert Delivery.objects.get().state == "pending"


@pytest.mark.slow
def test_a_slow_receiver_is_left_after_the_timeout(
    make_hook: MakeHook, receiver: Receiver, task: Task, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_S = 0.3
    make_hook()
    happen(task)
    # Long enough that on a busy machine, too, nobody looks for the answer so late that it has come.
    receiver.wait_s = 30

    deliver.deliver_due()

    tried = Attempt.objects.get()
    assert (tried.status, tried.said) == (None, "No answer within 0.3 s.")


def test_an_address_that_turned_private_is_not_called(
    make_hook: MakeHook, receiver: Receiver, task: Task, settings: Any
) -> None:
    make_hook()
    happen(task)
    settings.ALLOWED_PRIVATE_HOSTS = []

    deliver.deliver_due()

    assert receiver.calls == []
    assert "private network (127.0.0.1)" in Attempt.objects.get().said


def test_a_sender_that_died_holding_a_delivery_is_followed_by_another(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    make_hook()
    happen(task)
    held = deliver._due()[0]
    assert deliver._claim(held) is not None
    assert deliver._claim(held) is None
    assert deliver.deliver_due() == 0

    due_now()
    deliver.deliver_due()

    assert len(receiver.calls) == 1
    assert Delivery.objects.get().attempts == 2


def test_the_answer_of_a_sender_that_was_overtaken_moves_nothing(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    make_hook()
    happen(task)
    deliver.deliver_due()
    delivery = Delivery.objects.get()

    deliver.record_result(delivery.pk, 1, deliver.AttemptResult(500, "late", 1.0))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries.count(), Hook.objects.get().failures_in_row) == ("delivered", 2, 0)


def test_one_slow_hook_does_not_take_every_place_in_a_round(make_hook: MakeHook, task: Task) -> None:
    first, _ = make_hook(name="busy")
    for number in range(30):
        happen(task, str(number))
    other, _ = make_hook(name="quiet")
    happen(task, "last")

    found = [delivery.hook_id for delivery in deliver._due()]

    assert found.count(first.pk) == deliver.BATCH_OF_HOOK
    assert other.pk in found


def test_what_is_rolled_back_is_told_to_nobody(make_hook: MakeHook, receiver: Receiver, task: Task) -> None:
    make_hook()

    with transaction.atomic():
        happen(task)
        transaction.set_rollback(True)

    assert deliver.deliver_due() == 0
    assert not WebhookEvent.objects.exists()


def test_an_event_reported_twice_is_told_once(make_hook: MakeHook, receiver: Receiver, task: Task) -> None:
    make_hook()
    happen(task)
    happen(task)

    deliver.deliver_due()

    assert (len(receiver.calls), WebhookEvent.objects.count()) == (1, 1)


def test_an_unknown_kind_of_event_is_a_mistake_of_the_code(task: Task) -> None:
    with pytest.raises(ValueError, match="not a published event"):
        happen(task, kind="weather.changed")


def test_a_hook_hears_only_its_events_of_its_task(make_hook: MakeHook, receiver: Receiver, task: Task) -> None:
    make_hook(events=["dataset_version.frozen"])
    make_hook(task_slug="", name="all")
    happen(task)
    publish.publish("job.finished", key="other", task_slug="another", data={})

    deliver.deliver_due()

    assert sorted(json.loads(body)["task"] for _, body in receiver.calls) == sorted([task.slug, "another"])
