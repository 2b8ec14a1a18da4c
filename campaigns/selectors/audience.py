"""Questions about whom a campaign may write to, before it is launched. Writes nothing, assigns nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from campaigns.models import Campaign, Contact, ContactImport, Step
from campaigns.selectors.suppression import barred
from campaigns.states import StepWriter

LARGEST = 100_000


def matching(campaign: Campaign, chosen: Mapping[str, Any] | None = None) -> QuerySet[Contact]:
    """Contacts of the campaign's task that its audience names and that may be written to, in the order they came.

    Left out are people who were erased or are on the suppression list, and, where a model writes, those without a record
    to write from.

    Args:
        campaign: The campaign.
        chosen: `segment`, `import` (an id) and `limit`, each optional; the campaign's own audience by default.
    """
    wanted = campaign.audience if chosen is None else chosen
    found = Contact.objects.filter(~barred(), task_id=campaign.task_id, erased_at__isnull=True)
    found = found.exclude(address="")
    if needs_records(campaign):
        found = found.filter(record__isnull=False)
    if segment := wanted.get("segment"):
        found = found.filter(segment=segment)
    if source := _uuid(wanted.get("import")):
        found = found.filter(imported_with=source)
    found = found.order_by("created_at", "id")
    return found[: limit_of(wanted)]


def limit_of(chosen: Mapping[str, Any]) -> int:
    """At most how many contacts are taken."""
    limit = str(chosen.get("limit") or "")
    return min(int(limit), LARGEST) if limit.isdecimal() and int(limit) else LARGEST


def needs_records(campaign: Campaign) -> bool:
    """Whether any step is written by a model."""
    return Step.objects.filter(campaign=campaign, writer=StepWriter.MODEL).exists()


def without_basis(campaign: Campaign) -> int:
    """How many of them carry no lawful basis, or no word on where it comes from."""
    chosen = Contact.objects.filter(pk__in=matching(campaign).values("pk"))
    return chosen.filter(Q(lawful_basis="") | Q(basis_source="") | Q(basis_date__isnull=True)).count()


def left_out(campaign: Campaign) -> dict[str, int]:
    """Contacts of the task that no campaign of it may take, by why."""
    contacts = Contact.objects.filter(task_id=campaign.task_id)
    living = contacts.filter(erased_at__isnull=True)
    return {
        "erased": contacts.filter(erased_at__isnull=False).count(),
        "suppressed": living.filter(barred()).count(),
        "without a record": living.filter(record__isnull=True).count() if needs_records(campaign) else 0,
    }


def segments_of(task_id: UUID) -> list[str]:
    """Names of the segments there are among a task's contacts."""
    found = Contact.objects.filter(task_id=task_id, erased_at__isnull=True).exclude(segment="")
    return sorted(set(found.order_by().values_list("segment", flat=True).distinct()))


def imports_of(task_id: UUID) -> list[ContactImport]:
    """Imports of a task that contacts came with, the newest first; at most a hundred."""
    return list(ContactImport.objects.filter(task_id=task_id, rows_added__gt=0).order_by("-created_at")[:100])


def count_of(task_id: UUID) -> int:
    """Contacts of a task that were not erased."""
    return Contact.objects.filter(task_id=task_id, erased_at__isnull=True).count()


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None
