"""Questions about hooks and what they were told; every question of a person takes the member."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from members.models import Member
from web import encryption
from web.http.first_or_404 import first_or_404
from webhooks.endpoints import ports
from webhooks.models import Attempt, Delivery, Hook, WebhookEvent


def visible_hooks(member: Member) -> QuerySet[Hook]:
    """Return webhooks that a member may change, newest first: an admin's all, a lead's those of the tasks they lead.

    An admin's token without the scope `admin` reaches what a lead's does. A program reaches none: it would outlast its
    token.

    Raises:
        PermissionDenied: The member is neither, or is a program.
    """
    if member.is_service:
        raise PermissionDenied("Webhooks belong to people: use a token of a lead.")
    rows = Hook.objects.select_related("created_by").order_by("-created_at", "-id")
    if member.may_administer:
        return rows
    led = [slug for slug, _ in ports.led_tasks(member)]
    if not led:
        raise PermissionDenied("Webhooks need the role admin, or lead of a task.")
    return rows.filter(task_slug__in=led)


def hook_or_404(member: Member, hook_id: UUID) -> Hook:
    """One of them.

    Raises:
        PermissionDenied: The member is neither admin nor lead, or is a program.
        Http404: No such hook, or not this member's.
    """
    return first_or_404(visible_hooks(member).filter(pk=hook_id), "There is no webhook with this id that you can see.")


def keys_of(hook: Hook) -> list[str]:
    """Return the secrets that sign a call: the hook's own, then earlier ones that are still valid and readable.

    Raises:
        web.encryption.DecryptionError: The hook's own secret cannot be read any more.
    """
    keys = [encryption.decrypt(hook.secret)]
    if hook.old_secret and hook.old_secret_until and hook.old_secret_until > timezone.now():
        with suppress(encryption.DecryptionError):
            keys += encryption.decrypt(hook.old_secret).split()
    return keys


def deliveries_of(hook: Hook) -> QuerySet[Delivery]:
    """Return the deliveries of the hook, newest first, with their events and, in order, their attempts."""
    return (
        hook.deliveries.select_related("event")
        .prefetch_related(Prefetch("tries", Attempt.objects.order_by("at", "pk")))
        .order_by("-created_at", "-id")
    )


def events_for(hook: Hook, *, since: datetime, until: datetime | None = None) -> Iterator[WebhookEvent]:
    """Events of the log that the hook listens to, oldest first."""
    at = Q(created_at__gte=since) & (Q(created_at__lte=until) if until else Q())
    rows = WebhookEvent.objects.filter(at, kind__in=hook.events)
    if hook.task_slug:
        rows = rows.filter(task_slug=hook.task_slug)
    return rows.order_by("created_at", "id").iterator(chunk_size=500)


def listeners(kind: str, task_slug: str) -> list[Hook]:
    """Return the webhooks that listen to an event. There are few, so they are compared in Python."""
    hooks = Hook.objects.filter(Q(task_slug="") | Q(task_slug=task_slug), is_active=True)
    return [hook for hook in hooks if kind in hook.events]


def is_for_hook(hook: Hook, event: WebhookEvent) -> bool:
    """Return whether a webhook was sent an event, or would be sent it now."""
    is_listening = event.kind in hook.events and hook.task_slug in ("", event.task_slug)
    return is_listening or event.deliveries.filter(hook=hook).exists()
