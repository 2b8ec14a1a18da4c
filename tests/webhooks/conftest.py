"""A receiver that may be called, a task that somebody leads, and a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks import team
from tests.review import factories
from tests.webhooks.receiver import Receiver, listening
from webhooks.deliveries import publish
from webhooks.endpoints import edit
from webhooks.models import Delivery, Hook, WebhookEvent


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with listening() as found:
        yield found


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def lead(make_member: Callable[..., Member], task: Task, admin: Member) -> Member:
    member = make_member("lea")
    team.give_role(member, task, role=Role.LEAD, by=admin)
    return member


@pytest.fixture
def make_hook(receiver: Receiver, task: Task, admin: Member) -> Callable[..., tuple[Hook, str]]:
    def make(**more: Any) -> tuple[Hook, str]:
        order = {
            "name": "nightly",
            "url": receiver.url,
            "events": ["job.finished"],
            "task_slug": task.slug,
            "by": admin,
        }
        return edit.create(**{**order, **more})

    return make


def due_now() -> None:
    """Let the pauses between attempts pass."""
    from django.utils import timezone

    Delivery.objects.filter(state="pending").update(next_at=timezone.now())


def happen(task: Task, key: str = "1", kind: str = "job.finished") -> WebhookEvent:
    return publish.publish(kind, key=key, task_slug=task.slug, data={"job": key, "state": "succeeded"})
