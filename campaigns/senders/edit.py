"""Create and change sender identities. Mail addresses are validated at once, the postal address at launch."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.text import slugify

from audit import trail
from campaigns.models import SenderIdentity
from campaigns.senders import tracking_domains
from campaigns.senders.check_domain import RESTS_ON
from campaigns.senders.queries import CHANGED, may_change
from campaigns.suppression import email_addresses
from members.models import Member
from review.tasks.permissions import require_may_create
from web.db.keys import free_slug
from web.errors import Refusal

# Behind it stand a plus and 42 letters that tell which mail is answered; 64 is the limit of RFC 5321.
REPLY_LOCAL_CHARS = 20
NOT_THEIRS = "Only an admin can change this sender, or a lead of all tasks whose campaigns use it."
_LONGEST = {"name": 120, "from_name": 120, "postal_address": 300, "dkim_selector": 100}
_OPTIONAL = ("postal_address", "dkim_selector")
MOST_A_DAY = 1_000_000
_SELECTOR = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")


@dataclass(frozen=True)
class NewSender:
    name: str
    from_name: str
    from_address: str
    reply_address: str
    postal_address: str = ""
    dkim_selector: str = ""
    daily_limit: int | None = None
    tracking_domain: str = ""


@transaction.atomic
def create(sender: NewSender, *, by: Member) -> SenderIdentity:
    """Make a sender identity; its slug comes of its name.

    Raises:
        PermissionDenied: The member is neither admin nor lead of a task.
        Refusal: `sender_invalid`, with the mistakes by field.
    """
    require_may_create(by)
    values = _checked(sender)
    slug = free_slug(SenderIdentity.objects.all(), slugify(values["name"])[:55] or "sender")
    made = SenderIdentity.objects.create(slug=slug, created_by=by, **values)
    trail.record("sender_made", by=by, about=made)
    return made


@transaction.atomic
def change(identity: SenderIdentity, sender: NewSender, *, by: Member) -> SenderIdentity:
    """Change what an identity says; mails that have gone keep what they said, those still to go say the new.

    Only values that differ from the given row are written, so a concurrent change of others stays. The audit trail
    keeps which fields changed, and by whom. A save that changes nothing leaves no row.

    Raises:
        PermissionDenied: The member is neither an admin nor lead of all tasks whose campaigns use it.
        Refusal: `sender_invalid`, with the mistakes by field.
    """
    held = SenderIdentity.objects.select_for_update().get(pk=identity.pk)
    if not may_change(by, held):
        raise PermissionDenied(NOT_THEIRS)
    values = _checked(sender)
    changed = [name for name, value in values.items() if getattr(identity, name) != value]
    for name, value in values.items():
        setattr(identity, name, value)
    cleared: list[str] = []
    if set(changed) & set(RESTS_ON):
        identity.domain_checks, identity.domain_checked_at = None, None
        cleared = ["domain_checks", "domain_checked_at"]
    if "tracking_domain" in changed:
        identity.tracking_verified_at = None
        cleared.append("tracking_verified_at")
    if changed:
        identity.save(update_fields=[*changed, *cleared, "updated_at"])
        trail.record(CHANGED, by=by, about=identity, fields=changed)
    return identity


def _checked(sender: NewSender) -> dict[str, Any]:
    values, errors = asdict(sender), dict[str, list[str]]()
    values["tracking_domain"] = sender.tracking_domain.strip().lower().rstrip(".")
    _check_sending(values, errors)
    for name, longest in _LONGEST.items():
        # One line: a line break would begin a header of its own.
        values[name] = ", ".join(" ".join(line.split()) for line in values[name].splitlines() if line.strip())
        if len(values[name]) > longest:
            errors[name] = [f"{len(values[name])} characters; {longest} is the limit."]
        elif not values[name] and name not in _OPTIONAL:
            errors[name] = ["Say what it is."]
    for name in ("from_address", "reply_address"):
        try:
            values[name] = email_addresses.parse(values[name]).text
        except ValueError as error:
            errors[name] = [f"{str(error)[:1].upper()}{str(error)[1:]}."]
    if "dkim_selector" not in errors and values["dkim_selector"] and not _SELECTOR.fullmatch(values["dkim_selector"]):
        errors["dkim_selector"] = ["Write the selector alone, such as s1: letters, digits, hyphens and dots."]
    local = values["reply_address"].rpartition("@")[0]
    if "reply_address" not in errors and len(local) > REPLY_LOCAL_CHARS:
        errors["reply_address"] = [
            f"'{local}' has {len(local)} characters before the @; at most {REPLY_LOCAL_CHARS} leave room for the mark "
            "that identifies the answered mail."
        ]
    if errors:
        first = next(iter(errors.values()))[0]
        raise Refusal("sender_invalid", first, hint="Correct these fields.", errors=errors)
    return values


def _check_sending(values: dict[str, Any], errors: dict[str, list[str]]) -> None:
    limit = values["daily_limit"]
    if limit is not None and not 1 <= limit <= MOST_A_DAY:
        errors["daily_limit"] = [f"A whole number from 1 to {MOST_A_DAY:,}, or none."]
    if values["tracking_domain"] and (mistake := tracking_domains.mistake_in(values["tracking_domain"])):
        errors["tracking_domain"] = [mistake]
