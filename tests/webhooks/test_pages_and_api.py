"""Webhooks as an admin, a lead and others meet them, on pages and over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from members.models import Member
from review.models import Task
from review.tasks.service_tokens import issue
from tests.webhooks.receiver import Receiver
from webhooks.deliveries import deliver, publish
from webhooks.endpoints import edit
from webhooks.models import Delivery, Hook

pytestmark = pytest.mark.django_db(transaction=True)
MakeHook = Callable[..., tuple[Hook, str]]
SignIn = Callable[[Member], Client]
ApiAs = Callable[..., APIClient]


def order(receiver: Receiver, task: Task | None, **more: Any) -> dict[str, Any]:
    slug = task.slug if task else ""
    return {"name": "nightly", "url": receiver.url, "events": ["job.finished"], "task": slug, **more}


def test_a_hook_made_on_the_page_shows_its_secret_once(
    admin: Member, as_member: SignIn, receiver: Receiver, task: Task
) -> None:
    client = as_member(admin)

    made = client.post("/settings/webhooks/", order(receiver, task))
    again = client.get("/settings/webhooks/")

    assert (made.status_code, made["Cache-Control"].count("no-store")) == (200, 1)
    assert b"whsec_" in made.content
    assert b"whsec_" not in again.content
    assert b"nightly" in again.content


def test_a_lead_makes_hooks_of_their_task_and_not_of_all(
    lead: Member, as_member: SignIn, receiver: Receiver, task: Task
) -> None:
    client = as_member(lead)

    of_all = client.post("/settings/webhooks/", order(receiver, None))
    of_task = client.post("/settings/webhooks/", order(receiver, task))

    assert (of_all.status_code, of_task.status_code) == (422, 200)
    assert Hook.objects.get().task_slug == task.slug


def test_an_admins_token_of_scope_lead_reaches_no_hook_of_all_tasks(
    admin: Member, api_as: ApiAs, make_hook: MakeHook
) -> None:
    of_all, _ = make_hook(task_slug="")
    of_task, _ = make_hook()
    edit.pause(of_all, by=admin)
    client, address = api_as(admin, scopes=("lead",)), "/api/v1/webhooks/"

    shown = client.get(address).json()["results"]
    changed = [client.patch(f"{address}{hook.pk}/", {"is_active": True}, format="json") for hook in (of_all, of_task)]
    removed = client.delete(f"{address}{of_all.pk}/")

    assert [hook["id"] for hook in shown] == [str(of_task.pk)]
    assert [answer.status_code for answer in (*changed, removed)] == [404, 200, 404]
    assert not Hook.objects.get(pk=of_all.pk).is_active


def test_a_program_turns_no_hook_of_its_task_to_another_address(
    lead: Member, api_as: ApiAs, make_hook: MakeHook, task: Task
) -> None:
    hook, _ = make_hook()
    row, _ = issue.make(task, name="crm", scopes=["lead"], days=7, by=lead)
    client, address = api_as(row.user, scopes=("lead",)), f"/api/v1/webhooks/{hook.pk}/"

    answers = [
        client.get(address),
        client.patch(address, {"url": "https://93.184.216.34/y"}, format="json"),
        client.post(f"{address}test/"),
        client.delete(address),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert Hook.objects.get().url == hook.url


def test_a_lead_does_not_see_the_hooks_of_another_task_or_of_all(
    lead: Member, api_as: ApiAs, make_hook: MakeHook
) -> None:
    other, _ = make_hook(task_slug="")
    mine, _ = make_hook()
    api = api_as(lead)

    listed = api.get("/api/v1/webhooks/").json()["results"]

    assert [each["id"] for each in listed] == [str(mine.pk)]
    assert api.get(f"/api/v1/webhooks/{other.pk}/").status_code == 404
    assert api.post(f"/api/v1/webhooks/{other.pk}/replay/", {"since": "2026-01-01T00:00Z"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("url", "ftp://example.com/x", "not an http"),
        ("url", "http://10.0.0.7/x", "private network"),
        ("url", "https://user:secret@example.com/", "user name"),
        ("url", "http://no-such-name.invalid/", "not known"),
        ("task", "no-such-task", "no task"),
        ("events", ["weather.changed"], "Must be one of"),
    ],
)
def test_each_mistake_is_named_by_its_field(
    admin: Member, api_as: ApiAs, receiver: Receiver, task: Task, field: str, value: Any, word: str
) -> None:
    answer = api_as(admin).post("/api/v1/webhooks/", {**order(receiver, task), field: value}, format="json")

    body = answer.json()
    assert answer.status_code in (400, 422)
    assert any(name.startswith(field) and word in text[0] for name, text in body["errors"].items()), body


def test_the_api_makes_changes_pauses_and_removes_a_hook(
    admin: Member, api_as: ApiAs, receiver: Receiver, task: Task
) -> None:
    api = api_as(admin)
    created = api.post("/api/v1/webhooks/", order(receiver, task), format="json")
    made = created.json()
    url = f"/api/v1/webhooks/{made['id']}/"

    changed = api.patch(url, {"events": ["sample.revoked", "dataset_version.frozen"]}, format="json").json()
    paused = api.patch(url, {"is_active": False}, format="json").json()
    gone = api.delete(url)

    assert (created.status_code, made["secret"][:6]) == (201, "whsec_")
    assert changed["events"] == ["dataset_version.frozen", "sample.revoked"]
    assert "secret" not in changed
    assert (paused["is_active"], paused["paused_reason"]) == (False, "Paused by ada.")
    assert (gone.status_code, api.get(url).status_code) == (204, 404)


def test_a_hook_stays_with_its_task_or_with_all(admin: Member, api_as: ApiAs, make_hook: MakeHook) -> None:
    api, address = api_as(admin), "/api/v1/webhooks/{}/"
    of_task, of_all = make_hook()[0], make_hook(task_slug="")[0]

    def patch(hook: Hook, slug: str) -> tuple[int, Any]:
        answer = api.patch(address.format(hook.pk), {"task": slug, "name": "New"}, format="json")
        return answer.status_code, answer.json().get("errors")

    stays = f"It stays {of_task.task_slug}."

    assert patch(of_task, of_task.task_slug) == patch(of_all, "") == (200, None)
    assert patch(of_task, "") == (400, {"task": [stays]})
    assert patch(of_task, "other") == (400, {"task": [f"{stays} Found 'other'."]})
    assert patch(of_all, "other") == (400, {"task": ["It stays with all tasks. Found 'other'."]})


def test_a_test_is_sent_and_shown_with_what_the_receiver_said(
    admin: Member, as_member: SignIn, make_hook: MakeHook, receiver: Receiver
) -> None:
    hook, _ = make_hook()
    client = as_member(admin)
    receiver.answer = b"<script>alert(1)</script> heard"

    client.post(f"/settings/webhooks/{hook.pk}/act/", {"act": "test"})
    deliver.deliver_due()
    page = client.get(f"/settings/webhooks/{hook.pk}/").content.decode()

    assert "hook.tested" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; heard" in page


def test_one_event_is_replayed_under_its_own_id(
    admin: Member, as_member: SignIn, make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    hook, _ = make_hook()
    event = publish.publish("job.finished", key="1", task_slug=task.slug, data={})
    deliver.deliver_due()

    as_member(admin).post(f"/settings/webhooks/{hook.pk}/act/", {"act": "replay", "event": str(event.pk)})
    deliver.deliver_due()

    assert [headers["Miniatures-Event-Id"] for headers, _ in receiver.calls] == [str(event.pk)] * 2
    assert Delivery.objects.filter(is_replay=True).count() == 1


def test_a_period_that_cannot_be_replayed_stays_in_the_form_beside_the_reason(
    admin: Member, as_member: SignIn, make_hook: MakeHook
) -> None:
    hook, _ = make_hook()
    client, address = as_member(admin), f"/settings/webhooks/{hook.pk}/act/"

    unread = client.post(address, {"act": "replay", "since": "last week", "until": "2026-05-04T12:00"})
    edit.pause(hook, by=admin)
    paused = client.post(address, {"act": "replay", "since": "2026-05-01T08:30", "until": ""})

    assert (unread.status_code, paused.status_code) == (400, 409)
    assert 'value="last week"' in unread.content.decode() and 'value="2026-05-04T12:00"' in unread.content.decode()
    assert 'value="2026-05-01T08:30"' in paused.content.decode()
    assert "This webhook is paused." in paused.content.decode()
    assert not Delivery.objects.exists()


def test_what_a_paused_hook_missed_is_replayed_by_time(
    admin: Member, api_as: ApiAs, make_hook: MakeHook, receiver: Receiver, task: Task
) -> None:
    hook, _ = make_hook()
    edit.pause(hook, by=admin)
    since = timezone.now()
    for key in "abc":
        publish.publish("job.finished", key=key, task_slug=task.slug, data={})
    publish.publish("job.finished", key="d", task_slug="another", data={})
    edit.resume(hook, by=admin)

    answer = api_as(admin).post(f"/api/v1/webhooks/{hook.pk}/replay/", {"since": since.isoformat()}, format="json")
    deliver.deliver_due()

    assert (answer.status_code, answer.json()) == (202, {"deliveries": 3})
    assert len(receiver.calls) == 3


def test_replaying_needs_one_event_or_a_time_and_a_hook_that_is_not_paused(
    admin: Member, api_as: ApiAs, make_hook: MakeHook
) -> None:
    hook, _ = make_hook()
    url, api = f"/api/v1/webhooks/{hook.pk}/replay/", api_as(admin)

    neither = api.post(url, {}, format="json")
    unknown = api.post(url, {"event": str(hook.pk)}, format="json")
    edit.pause(hook, by=admin)
    paused = api.post(url, {"since": "2026-01-01T00:00:00Z"}, format="json")

    assert [neither.status_code, unknown.status_code, paused.status_code] == [400, 404, 409]


def test_of_two_changes_at_once_each_keeps_what_the_other_wrote(admin: Member, make_hook: MakeHook) -> None:
    hook, _ = make_hook()
    stale = Hook.objects.get(pk=hook.pk)
    there = {"name": hook.name, "url": hook.url, "events": hook.events}

    edit.change(hook, by=admin, **there | {"name": "hourly"})
    edit.change(stale, by=admin, **there | {"events": ["campaign.paused"]})

    hook.refresh_from_db()
    assert (hook.name, hook.events) == ("hourly", ["campaign.paused"])


def test_an_event_of_another_task_cannot_be_replayed_to_a_hook(
    admin: Member, api_as: ApiAs, make_hook: MakeHook
) -> None:
    hook, _ = make_hook()
    foreign = publish.publish("job.finished", key="x", task_slug="another", data={"secret": "theirs"})

    answer = api_as(admin).post(f"/api/v1/webhooks/{hook.pk}/replay/", {"event": str(foreign.pk)}, format="json")

    assert answer.status_code == 404


def test_the_time_to_replay_from_is_that_of_the_form(
    admin: Member, as_member: SignIn, make_hook: MakeHook, settings: Any
) -> None:
    settings.TIME_ZONE = "America/New_York"
    hook, _ = make_hook()
    Hook.objects.filter(pk=hook.pk).update(is_active=False, paused_at=datetime(2026, 3, 2, 17, 30, tzinfo=UTC))
    client, address = as_member(admin), f"/settings/webhooks/{hook.pk}/"

    form = client.get(address).content.decode()
    told = client.post(f"{address}act/", {"act": "resume"}, follow=True).content.decode()

    assert 'value="2026-03-02T12:30"' in form
    assert "replay from 2026-03-02 12:30." in told
