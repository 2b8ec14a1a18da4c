"""Receivers that stall, loop, flood or break: each costs its own time and nothing of the others'."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import connections

from members.models import Member
from review.models import Task
from tests.jobs.conftest import wait_for
from tests.webhooks.receiver import Receiver
from tests.webhooks.rude_receivers import FLOODING, STALLING, Pause, RudeReceiver, Say, never_answers, rude
from web.errors import Refusal
from webhooks import celery_tasks
from webhooks.deliveries import deliver, publish
from webhooks.endpoints import edit
from webhooks.models import Attempt, Delivery, Hook

pytestmark = pytest.mark.django_db(transaction=True)
MakeHook = Callable[..., tuple[Hook, str]]
# What lies in the buffers of both ends of a connection when one of them is closed.
BUFFERED_BYTES = 32 * 2**20


@contextmanager
def crowd(ways: Sequence[Callable[[Say, Pause], None]], make_hook: MakeHook) -> Iterator[dict[str, RudeReceiver]]:
    """A hook for each way to be rude, named after it, and one more for a polite receiver."""
    with ExitStack() as stack:
        receivers = {way.__name__: stack.enter_context(rude(way)) for way in ways}
        for name, receiver in receivers.items():
            make_hook(name=name, url=receiver.url)
        make_hook(name="polite")
        yield receivers


def happen(task: Task, key: str = "1") -> None:
    publish.publish("job.finished", key=key, task_slug=task.slug, data={"job": key})


def with_connection(task: Callable[[], None]) -> None:
    try:
        task()
    finally:
        connections.close_all()


def attempts() -> dict[str, Attempt]:
    return {row.delivery.hook.name: row for row in Attempt.objects.select_related("delivery__hook")}


def test_a_receiver_that_never_comes_to_an_end_is_left_when_its_time_is_over_and_the_others_hear(
    make_hook: MakeHook, receiver: Receiver, task: Task, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_S = 0.5
    with crowd(STALLING, make_hook) as receivers:
        happen(task)

        deliver.deliver_due()

        assert {rude.calls for rude in receivers.values()} == {1}
    assert len(receiver.calls) == 1
    assert {name: row.said for name, row in attempts().items() if name != "polite"} == dict.fromkeys(
        receivers, "No answer within 0.5 s."
    )


def test_a_receiver_that_swallows_calls_holds_one_thread_of_a_worker_and_no_other_hook(
    make_hook: MakeHook, receiver: Receiver, task: Task, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_S = 30
    with rude(never_answers) as swallowing:
        make_hook(name="swallowing", url=swallowing.url)
        for number in range(12):
            happen(task, str(number))
        make_hook(name="polite")
        worker = threading.Thread(target=with_connection, args=[celery_tasks.deliver])
        worker.start()
        wait_for(lambda: swallowing.calls == deliver.BATCH_OF_HOOK)

        celery_tasks.deliver()
        happen(task, "meanwhile")
        wait_for(lambda: receiver.calls)

        assert swallowing.calls == deliver.BATCH_OF_HOOK
    worker.join(60)
    assert not worker.is_alive()
    assert not Delivery.objects.filter(attempts=0).exists()


def test_of_what_a_receiver_sends_no_more_than_its_beginning_is_read_and_nothing_is_unpacked_or_followed(
    make_hook: MakeHook, receiver: Receiver, task: Task, settings: Any
) -> None:
    settings.WEBHOOK_TIMEOUT_S = 100
    with crowd(FLOODING, make_hook) as receivers:
        happen(task)

        deliver.deliver_due()

        assert {name: rude.calls for name, rude in receivers.items()} == dict.fromkeys(receivers, 1)
        assert max(rude.sent for rude in receivers.values()) < BUFFERED_BYTES
    assert {name: row.status for name, row in attempts().items()} == {
        "never_ends_its_headers": None, "never_ends_its_body": 200, "answers_with_a_bomb": 200,
        "answers_and_never_closes": 200, "leads_back_to_itself": 307, "answers_with_no_http": None, "polite": 200,
    }  # fmt: skip


def test_an_address_that_cannot_be_written_on_the_wire_fails_alone(
    make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    broken, _ = make_hook(name="broken")
    make_hook(name="sound")
    Hook.objects.filter(pk=broken.pk).update(url=receiver.url + "\x7f")
    happen(task)

    deliver.deliver_due()

    assert len(receiver.calls) == 1
    assert "is not an address" in Attempt.objects.get(delivery__hook=broken).said


@pytest.mark.parametrize("path", ["/\x7f", "/\x01"])
def test_a_hook_with_a_control_character_in_its_address_is_not_saved(
    make_hook: MakeHook, receiver: Receiver, path: str
) -> None:
    with pytest.raises(Refusal) as refused:
        make_hook(url=receiver.url.partition("?")[0] + path)

    assert list(refused.value.errors) == ["url"]


def test_a_hook_with_a_long_backlog_does_not_keep_the_others_from_their_turn(make_hook: MakeHook, task: Task) -> None:
    busy, _ = make_hook(name="busy")
    for number in range(30):
        happen(task, str(number))
    event = Delivery.objects.filter(hook=busy).first()
    assert event is not None
    Delivery.objects.bulk_create(Delivery(hook=busy, event_id=event.event_id, is_replay=True) for _ in range(300))
    quiet = [make_hook(name=f"quiet {number}")[0] for number in range(14)]
    happen(task, "last")

    due = [delivery.hook_id for delivery in deliver._due()]

    assert set(due) == {busy.pk, *(hook.pk for hook in quiet)}


def test_no_transaction_waits_for_a_name_server(
    make_hook: MakeHook, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, _ = make_hook()
    ours, in_transaction = connections["default"], []

    def look(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        in_transaction.append(ours.in_atomic_block)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 0))]

    # On SQLite every other writer would wait as well.
    monkeypatch.setattr(socket, "getaddrinfo", look)
    edit.change(hook, name="other", url="https://slow.example/", events=hook.events, by=admin)
    make_hook(url="https://slow.example/")

    assert in_transaction == [False, False]
