"""Questions about contacts. They are people's data: leads see them, reviewers and viewers do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from campaigns.models import Contact, Enrolment, Message
from campaigns.suppression import email_addresses
from campaigns.suppression.queries import barred
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import slugs_with
from web.caching.slow_figures import Figures, figures
from web.db.spellings import holds
from web.http.first_or_404 import first_or_404

SEGMENTS_SHOWN = 50
SEARCHED = ("address", "first_name", "last_name", "company", "segment")
_BARRED = barred()


@dataclass(frozen=True)
class ContactCounts:
    """Numbers of a task's contacts.

    Attributes:
        total: Contacts, without those erased.
        clusters: Companies, and persons at public mail providers.
        suppressed: Of the total, on the suppression list.
        without_facts: Of the total, those without a record to write for.
        tracked: Of the total, those whose openings may be counted.
    """

    total: int
    clusters: int
    suppressed: int
    without_facts: int
    tracked: int
    segments: list[tuple[str, int]]


def visible(member: Member) -> QuerySet[Contact]:
    """Contacts of the tasks the member leads.

    Each is annotated with `is_suppressed`, and with `is_simulated`: it is in a simulated campaign.
    """
    in_simulations = Enrolment.objects.filter(contact=OuterRef("pk"), campaign__is_simulated=True)
    rows = Contact.objects.annotate(
        is_suppressed=ExpressionWrapper(_BARRED, output_field=BooleanField()), is_simulated=Exists(in_simulations)
    ).select_related("task", "record")
    slugs = slugs_with(member, Role.LEAD)
    return rows if slugs is None else rows.filter(task__slug__in=slugs)


def search(
    member: Member, *, task: Task | None = None, text: str = "", segment: str = "", cluster: str = "", state: str = ""
) -> QuerySet[Contact]:
    """Contacts the member may see, narrowed.

    Args:
        text: A whole address, or words that must stand in address, name, company or segment, all of them.
        state: `suppressed`, `without_facts` or `erased`; empty: everybody who was not erased.
    """
    rows = visible(member)
    if task is not None:
        rows = rows.filter(task=task)
    rows = rows.filter(erased_at__isnull=state != "erased")
    if segment:
        rows = rows.filter(segment=segment)
    if cluster:
        rows = rows.filter(cluster=cluster)
    if state == "suppressed":
        rows = rows.filter(_BARRED)
    if state == "without_facts":
        rows = rows.filter(record__isnull=True)
    return _with_text(rows, text.strip())


def contact_counts(task: Task) -> Figures[ContactCounts]:
    """Counts over all contacts of a task; two queries."""
    return figures(f"contacts:{task.pk}", lambda: _contact_counts(task))


def _contact_counts(task: Task) -> ContactCounts:
    rows = Contact.objects.filter(task=task, erased_at__isnull=True).order_by()
    counts = rows.aggregate(
        total=Count("pk"),
        clusters=Count("cluster", distinct=True),
        suppressed=Count("pk", filter=_BARRED),
        without_facts=Count("pk", filter=Q(record__isnull=True)),
        tracked=Count("pk", filter=Q(may_track_opens=True)),
    )
    by_segment = rows.exclude(segment="").values_list("segment").annotate(count=Count("pk"))
    return ContactCounts(**counts, segments=list(by_segment.order_by("-count", "segment")[:SEGMENTS_SHOWN]))


def contact_or_404(member: Member, pk: UUID) -> Contact:
    """Return one contact, if the member leads its task."""
    return first_or_404(
        visible(member).select_related("imported_with").filter(pk=pk), "There is no such contact that you can see."
    )


def mails_of(contact: Contact) -> list[Message]:
    """Mails to a contact, newest first, with their campaigns and steps."""
    return list(
        Message.objects.filter(contact=contact).select_related("campaign", "step", "arm").order_by("-created_at")
    )


def lines(contacts: list[Contact]) -> list[dict[str, Any]]:
    """Contacts as the list shows them: whether a duty stands behind the address, too."""
    return [{"contact": contact, "is_role": email_addresses.is_role(contact.address)} for contact in contacts]


def _with_text(rows: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    if "@" in text:
        try:
            return rows.filter(address_hmac=email_addresses.parse(text).hmac)
        except ValueError:
            pass
    for word in text.split()[:8]:
        rows = rows.filter(holds(word, *SEARCHED))
    return rows
