"""Making, changing and trying hooks. What they are told is not their affair."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit import trail
from members.models import Member
from web import encryption
from web.errors import Refusal
from web.net import allowed_hosts
from webhooks.endpoints import ports, queries, signing
from webhooks.models import Delivery, Hook, WebhookEvent
from webhooks.states import EVENTS, TEST_EVENT, DeliveryState

OLD_SECRET_VALID = timedelta(days=1)


def create(*, name: str, url: str, events: Sequence[str], task_slug: str, by: Member) -> tuple[Hook, str]:
    """Make a hook.

    Args:
        url: Where to call; checked now and again before every call.
        events: Some of `states.EVENTS`.
        task_slug: The task whose events it wants; empty for all, which only an admin may choose.
        by: An admin, or a lead of the task.

    Returns:
        The hook and its secret, which is shown this once.

    Raises:
        Refusal: With a message by field.
    """
    _check(name=name, url=url, events=events, task_slug=task_slug, by=by)
    secret = signing.new_secret()
    with transaction.atomic():
        hook = Hook.objects.create(
            name=name.strip(),
            url=url.strip(),
            events=_in_listed_order(events),
            task_slug=task_slug,
            secret=encryption.encrypt(secret),
            created_by=by,
        )
        trail.record("hook_made", by=by, about=hook, task=task_slug, events=_in_listed_order(events))
    return hook, secret


def change(hook: Hook, *, name: str, url: str, events: Sequence[str], by: Member) -> Hook:
    """Give a hook another name, address or choice of events; its task and secret stay.

    Only values that differ from the given row are written, so a concurrent change of others stays.

    Raises:
        Refusal: With a message by field.
    """
    _check(name=name, url=url, events=events, task_slug=hook.task_slug, by=by)
    values = {"name": name.strip(), "url": url.strip(), "events": _in_listed_order(events)}
    changed = {name: value for name, value in values.items() if getattr(hook, name) != value}
    for field, value in changed.items():
        setattr(hook, field, value)
    with transaction.atomic():
        hook.save(update_fields=list(changed))
        _audit(hook, by, "changed")
    return hook


@transaction.atomic
def pause(hook: Hook, *, by: Member) -> Hook:
    """Tell it nothing more for now. What happens meanwhile is in the log and can be replayed."""
    reason = f"Paused by {by.name}."
    Hook.objects.filter(pk=hook.pk, is_active=True).update(
        is_active=False, paused_at=timezone.now(), paused_reason=reason
    )
    hook.refresh_from_db()
    _audit(hook, by, "paused")
    return hook


@transaction.atomic
def resume(hook: Hook, *, by: Member) -> Hook:
    """Resume a webhook; pending deliveries are sent at once, and have as many tries as new ones. Twice is once."""
    paused = Hook.objects.filter(pk=hook.pk, is_active=False)
    if paused.update(is_active=True, paused_reason="", paused_at=None, failures_in_row=0):
        Delivery.objects.filter(hook=hook, state=DeliveryState.PENDING).update(next_at=timezone.now(), attempts=0)
    hook.refresh_from_db()
    _audit(hook, by, "resumed")
    return hook


@transaction.atomic
def renew_secret(hook: Hook, *, by: Member) -> str:
    """Give it a new secret, shown this once; calls are signed with those still valid, too, for a day."""
    secret, valid = signing.new_secret(), list[str]()
    with suppress(encryption.DecryptionError):
        valid = queries.keys_of(hook)
    hook.old_secret, hook.old_secret_until = encryption.encrypt(" ".join(valid)), timezone.now() + OLD_SECRET_VALID
    hook.secret = encryption.encrypt(secret)
    hook.save(update_fields=["secret", "old_secret", "old_secret_until"])
    _audit(hook, by, "secret renewed")
    return secret


@transaction.atomic
def remove(hook: Hook, *, by: Member) -> None:
    """Remove a hook and the record of its calls; the log of events stays."""
    _audit(hook, by, "removed")
    hook.delete()


@transaction.atomic
def test(hook: Hook, *, by: Member) -> Delivery:
    """Put a message on its way that says nothing but that it is a test.

    Raises:
        Refusal: 409 while the hook is paused.
    """
    if not hook.is_active:
        raise Refusal("hook_paused", "This webhook is paused.", hint="Resume it, then try again.", status=409)
    event = WebhookEvent.objects.create(
        kind=TEST_EVENT,
        key=f"{TEST_EVENT}:{uuid.uuid4()}",
        task_slug=hook.task_slug,
        data={"hook": str(hook.pk), "by": by.username},
    )
    return Delivery.objects.create(hook=hook, event=event)


def _audit(hook: Hook, by: Member, what: str) -> None:
    trail.record("hook_changed", by=by, about=hook, what=what)


def _in_listed_order(events: Sequence[str]) -> list[str]:
    return [kind for kind in EVENTS if kind in events]


def _check(*, name: str, url: str, events: Sequence[str], task_slug: str, by: Member) -> None:
    """Refuse a hook by its fields; outside any transaction, since a name server may take its time."""
    errors: dict[str, list[str]] = {}
    if not name.strip():
        errors["name"] = ["Enter what the webhook is for, such as 'nightly training'."]
    if not events:
        errors["events"] = ["Choose at least one event."]
    elif unknown := sorted(set(events) - set(EVENTS)):
        errors["events"] = [f"There is no event '{unknown[0]}'. Events are {', '.join(EVENTS)}."]
    try:
        allowed_hosts.check(url.strip(), may_have_query=True)
    except allowed_hosts.AddressRefusedError as error:
        errors["url"] = [f"{error.message} {error.hint}"]
    led = {slug for slug, _ in ports.led_tasks(by)}
    if task_slug and task_slug not in led:
        errors["task"] = [f"There is no task '{task_slug}' that you lead."]
    if not task_slug and not by.may_administer:
        errors["task"] = ["Choose a task that you lead; only an admin can choose all."]
    if errors:
        raise Refusal("invalid_hook", "The webhook was not saved.", hint="Correct these fields.", errors=errors)
