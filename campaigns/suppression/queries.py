"""People who are not written to: the suppression list, and those who asked for no more in a reply.

The list holds HMACs alone, so it is asked by address and never shows one. A wish read from a reply holds as long as the
reply is read so; an entry of the list holds until a lead lifts it, where it may be lifted (`lift`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from campaigns.models import Reply, Suppression, UnmatchedReply
from campaigns.states import ReplyClass, SuppressionReason, UnmatchedState
from campaigns.suppression import email_addresses
from members.models import Member
from review.states import Role
from review.tasks.permissions import may_create, slugs_with
from web.db.chunks import chunked
from web.db.compiled_query import CompiledQuery

CHUNK = 500
REPLIES_SHOWN = 5


@dataclass(frozen=True)
class SuppressionLookup:
    """Entry of the list for one address, or None."""

    address: str
    entry: Suppression | None


def is_suppressed(address_hmac: str) -> bool:
    """Tell whether an address is not written to: it is on the list, or a reply from it asks to hear no more.

    Who acts on the answer asks inside its transaction, after `suppress.lock_contacts`.
    """
    return is_listed(address_hmac) or bool(_OBJECTIONS(address_hmac=address_hmac))


def is_listed(address_hmac: str) -> bool:
    return bool(_ENTRIES(address_hmac=address_hmac))


def standing() -> QuerySet[Suppression]:
    """The entries that hold: those nobody lifted.

    Who asks for the list asks here, and for people `is_suppressed` or `barred`.
    """
    return Suppression.objects.filter(lift__isnull=True)


def lifted(address_hmac: str) -> list[Suppression]:
    """The entries of an address that were lifted, the oldest first, with their lifts."""
    rows = Suppression.objects.filter(address_hmac=address_hmac, lift__isnull=False).select_related("lift")
    return list(rows.order_by("created_at", "pk"))


def barred(column: str = "address_hmac") -> Q:
    """The condition that a row's address, whose HMAC `column` holds or leads to, is not written to."""
    listed = standing().filter(address_hmac=OuterRef(column))
    return Q(Exists(listed)) | Q(Exists(_unsubscribe_replies().filter(message__contact__address_hmac=OuterRef(column))))


def in_doubt(column: str = "address_hmac") -> Exists:
    """The condition that a reply from a row's address may ask to leave, and that no member has decided yet."""
    return Exists(Reply.objects.filter(may_be_optout=True, message__contact__address_hmac=OuterRef(column)))


def company_in_doubt(column: str) -> Exists:
    """The condition that a mail from another address of a row's company may ask to leave, undecided so far."""
    return Exists(
        UnmatchedReply.objects.filter(state=UnmatchedState.OPEN, may_be_optout=True, cluster=OuterRef(column))
    )


def _unsubscribe_replies() -> QuerySet[Reply]:
    return Reply.objects.filter(meaning=ReplyClass.UNSUBSCRIBE)


# Asked of each mail twice, so they are compiled once.
_ENTRIES = CompiledQuery(lambda *, address_hmac: standing().filter(address_hmac=address_hmac).order_by().only("pk")[:1])
_OBJECTIONS = CompiledQuery(
    lambda *, address_hmac: (
        _unsubscribe_replies().filter(message__contact__address_hmac=address_hmac).order_by().only("pk")[:1]
    )
)


def suppressed_among(hmacs: Collection[str]) -> set[str]:
    """Return those of many that are not written to; two queries for each 500."""
    hashes, suppressed = list(hmacs), set[str]()
    for chunk in chunked(hashes, CHUNK):
        suppressed.update(standing().filter(address_hmac__in=chunk).values_list("address_hmac", flat=True))
        replies = _unsubscribe_replies().filter(message__contact__address_hmac__in=chunk).order_by()
        suppressed.update(replies.values_list("message__contact__address_hmac", flat=True))
    return suppressed


def require_list_access(member: Member) -> None:
    """Refuse a member who may not see or extend the list: it holds for all tasks, and leads of any task keep it.

    Raises:
        PermissionDenied: The member is neither admin nor lead of a task.
    """
    if not may_create(member):
        raise PermissionDenied("Only admins and leads can use the suppression list.")


def visible(member: Member) -> QuerySet[Suppression]:
    """The whole list, newest first, with what was lifted.

    Raises:
        PermissionDenied: The member keeps no list.
    """
    require_list_access(member)
    return Suppression.objects.select_related("lift").order_by("-created_at", "-id")


def search(member: Member, text: str) -> SuppressionLookup:
    """Return the entry of one address.

    Raises:
        PermissionDenied: The member keeps no list.
        ValueError: The text is no address.
    """
    require_list_access(member)
    hmac = email_addresses.hmac_from(text.strip())
    return SuppressionLookup(text.strip(), standing().filter(address_hmac=hmac).first())


def counts() -> list[dict[str, Any]]:
    """Standing entries by reason, in the order of the reasons; each with its label."""
    by_reason = dict(standing().order_by().values_list("reason").annotate(count=Count("pk")))
    return [{"label": reason.label, "count": by_reason.get(reason.value, 0)} for reason in SuppressionReason]


def unlisted_unsubscribe_replies(member: Member) -> list[Reply]:
    """Replies read as a wish to hear no more, of tasks the member leads, whose address is not on the list.

    The newest, one more than are shown.
    """
    listed = Exists(standing().filter(address_hmac=OuterRef("message__contact__address_hmac")))
    related = ("event", "message__contact", "message__campaign__task", "message__arm")
    rows = _unsubscribe_replies().annotate(is_listed=listed).filter(~listed).select_related(*related)
    slugs = slugs_with(member, Role.LEAD)
    rows = rows if slugs is None else rows.filter(message__campaign__task__slug__in=slugs)
    return list(rows.order_by("-created_at", "-event_id")[: REPLIES_SHOWN + 1])
