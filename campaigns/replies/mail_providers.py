"""Mail providers' webhooks, read and verified by django-anymail, told to this room's services.

Each provider's form and signature is anymail's affair; here its events become ours. Heard are only the providers that
`INBOUND_PROVIDERS` names, and none whose webhook would be open to anyone.
"""

from __future__ import annotations

import hashlib
import re
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Final

from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, inbound, tracking
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import Resolver404, resolve

from campaigns.replies import receive as service
from campaigns.replies.parsing import refusals
from campaigns.replies.receive import ProviderEvent
from campaigns.states import EventKind
from web import strict_json

KINDS = frozenset({"tracking", "inbound"})
_EVENTS = {
    "bounced": EventKind.BOUNCED,
    "rejected": EventKind.BOUNCED,
    "failed": EventKind.BOUNCED,
    "deferred": EventKind.DEFERRED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "autoresponded": EventKind.AUTO_REPLIED,
}
REPORTED = tuple(dict.fromkeys(_EVENTS.values()))
# What Brevo and MailerSend name an event, and Mailjet its error.
_PASSING: Final = re.compile(r"soft|quota|relay")
# Header fields as they came: to fold them anew Python reads each by the rules, and fails on those that break them.
_AS_IT_CAME: Final = EmailPolicy(utf8=True, refold_source="none")


def connect_signals() -> None:
    """Have anymail's signals tell this room; called from `AppConfig.ready()`."""
    tracking.connect(_tracked, dispatch_uid="campaigns.tracked")
    inbound.connect(_received, dispatch_uid="campaigns.received")


def receive(request: HttpRequest, provider: str, kind: str) -> HttpResponse | None:
    """Let anymail's view for a provider verify and read a webhook.

    Returns:
        Its answer (400 where the body is no JSON or the signature is wrong), or None if this provider is not heard, or
        nothing would verify it.

    Raises:
        SuspiciousOperation: The signature is wrong; Django answers 400.
    """
    if provider not in settings.INBOUND_PROVIDERS or kind not in KINDS:
        return None
    try:
        view = resolve(f"/{provider}/{kind}/", urlconf="anymail.urls")
    except Resolver404:
        return None
    is_signed = not getattr(view.func.view_class, "warn_if_no_basic_auth", True)  # type: ignore[attr-defined]
    if not is_signed and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return None
    # Some send JSON as plain text.
    if not (request.content_type or "").startswith("multipart/") and request.body.lstrip()[:1] in (b"{", b"["):
        try:
            strict_json.loads(request.body)
        except ValueError as error:
            return HttpResponseBadRequest(f"The body is not JSON: {error}.", content_type="text/plain")
    try:
        answer: HttpResponse = view.func(request, *view.args, **view.kwargs)
    except ImproperlyConfigured:
        # A signature that cannot be checked, because the key is missing, is no signature.
        return None
    return answer


def _tracked(sender: object, event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    kind = _EVENTS.get(event.event_type)
    if kind is None:
        return
    description = " ".join(str(part) for part in (event.mta_response, event.description) if part)[:300]
    is_hard = kind == EventKind.BOUNCED and (refusals.is_hard(description) if description else _is_dead_by_name(event))
    metadata = event.metadata or {}
    service.take_event(
        ProviderEvent(
            kind=kind,
            key=f"{esp_name.lower()}:{_digest(event, kind)}",
            message=str(metadata.get("message", "")),
            is_of_answer="answer" in metadata,
            message_id=str(event.message_id or ""),
            occurred_at=event.timestamp,
            payload={"provider": esp_name, "text": description, "hard": is_hard, "reason": event.reject_reason or ""},
        )
    )


def _is_dead_by_name(event: AnymailTrackingEvent) -> bool:
    """Read an event without words: anymail calls a full mailbox and a soft bounce *bounced* too."""
    names = event.esp_event if isinstance(event.esp_event, dict) else {}
    is_passing = any(_PASSING.search(str(names.get(field, ""))) for field in ("event", "type", "error"))
    return event.reject_reason in {"invalid", "bounced"} and not is_passing


def _received(sender: object, event: AnymailInboundEvent, esp_name: str, **_: Any) -> None:
    service.take_mail(_raw(event.message))


def _raw(mail: EmailMessage) -> bytes:
    """Return a mail's bytes, whatever rules it breaks."""
    for part in mail.walk():
        # Python cannot write a multipart without parts; it is read as plain text.
        if part.get_content_maintype() == "multipart" and not part.is_multipart():
            part.replace_header("Content-Type", "text/plain")
    return mail.as_bytes(policy=_AS_IT_CAME)


def _digest(event: AnymailTrackingEvent, kind: EventKind) -> str:
    """The provider's id of the event, or what identifies it where the provider gives none."""
    named = event.event_id or "|".join((kind, str(event.message_id), str(event.timestamp), str(event.recipient)))
    return hashlib.sha256(str(named).encode()).hexdigest()[:40]
