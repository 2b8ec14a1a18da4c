"""Queries for the contacts a campaign may write to, before it is launched. Read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from campaigns.models import Campaign, Contact, ContactImport, Enrolment, Message, PipelineVersion, Step
from campaigns.pipelines import queries as pipelines
from campaigns.states import CampaignState, MessageState, StepWriter
from campaigns.suppression.queries import barred
from review.models import Task
from web.db.compiled_query import CompiledQuery
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.whole_numbers import whole_number

LARGEST = 100_000
# Imports and campaigns that a form offers.
OFFERED = 100


def contacts_matching(campaign: Campaign, choice: Mapping[str, Any] | None = None) -> QuerySet[Contact]:
    """Contacts of the campaign's task that its audience names and that may be written to, in the order they came.

    Left out are people who were erased or are on the suppression list, those whom another campaign keeps without mail,
    and, where a model writes, those without a record to write from. An audience that chooses nobody has nobody.

    Args:
        choice: `everyone`, `segment`, `import` (an id), `limit` and `except_mailed_by` (slugs of campaigns), each
            optional; the campaign's own audience by default.
    """
    criteria = campaign.audience if choice is None else choice
    contacts = _named(campaign, criteria).filter(~barred(), erased_at__isnull=True).exclude(address="")
    contacts = contacts.exclude(_is_held_out(campaign))
    if needs_records(campaign):
        contacts = contacts.filter(record__isnull=False)
    if before := criteria.get("except_mailed_by"):
        contacts = contacts.exclude(Exists(_mails_of(before).filter(contact=OuterRef("pk"))))
    contacts = contacts.order_by("created_at", "id")
    return contacts[: limit_of(criteria)]


def is_chosen(choice: Mapping[str, Any]) -> bool:
    """Return whether an audience names anybody; a limit, and who is left out, name nobody."""
    return any(choice.get(key) for key in NAMING_KEYS)


def _named(campaign: Campaign, choice: Mapping[str, Any]) -> QuerySet[Contact]:
    """All contacts that an audience names, whether or not they may be written to."""
    contacts = Contact.objects.filter(task_id=campaign.task_id)
    if not is_chosen(choice):
        return contacts.none()
    if segment := choice.get("segment"):
        contacts = contacts.filter(segment=segment)
    if source := uuid_or_none(choice.get("import")):
        contacts = contacts.filter(imported_with=source)
    return contacts


def _is_held_out(campaign: Campaign) -> Exists:
    return Exists(held_out(task=campaign.task_id, campaign=campaign.pk).filter(contact=OuterRef("pk")))


def is_held_out_elsewhere(campaign: Campaign, address_hmac: str) -> bool:
    """Tell whether one of them has this address. Asked of each mail, so its question is compiled once."""
    return bool(_HELD_OUT(task=campaign.task_id, campaign=campaign.pk, address_hmac=address_hmac))


def held_out(*, task: Any, campaign: Any) -> QuerySet[Enrolment]:
    """The same by ids of the task and the campaign."""
    others = Enrolment.objects.filter(
        arm__is_holdout=True,
        campaign__task=task,
        campaign__holds_out_everywhere=True,
        campaign__state__in=(CampaignState.RUNNING, CampaignState.PAUSED),
    )
    return others.exclude(campaign=campaign)


_HELD_OUT = CompiledQuery(
    lambda *, task, campaign, address_hmac: (
        held_out(task=task, campaign=campaign).filter(contact__address_hmac=address_hmac).order_by().only("pk")[:1]
    )
)


def _mails_of(campaigns: Sequence[str]) -> QuerySet[Message]:
    """Mails of some campaigns that went, or may have gone."""
    return Message.objects.filter(campaign__slug__in=campaigns, state__in=(MessageState.SENT, MessageState.UNKNOWN))


def limit_of(choice: Mapping[str, Any]) -> int:
    """At most how many contacts are taken."""
    return min(whole_number(str(choice.get("limit") or ""), otherwise=0) or LARGEST, LARGEST)


def needs_records(campaign: Campaign) -> bool:
    """Tell whether a model writes any step from the contact's own record, and not from what stages find out alone."""
    if not has_written_steps(campaign):
        return False
    versions = set(campaign.arms.filter(is_holdout=False).values_list("pipeline", flat=True))
    if not versions or None in versions:
        return True
    return any(pipelines.needs_record(version) for version in PipelineVersion.objects.filter(pk__in=versions))


def has_written_steps(campaign: Campaign) -> bool:
    """Tell whether any step is written by a model."""
    return Step.objects.filter(campaign=campaign, writer=StepWriter.MODEL).exists()


def without_basis(campaign: Campaign) -> int:
    """Count those of them without a lawful basis, or without a word on where it comes from."""
    chosen = Contact.objects.filter(pk__in=contacts_matching(campaign).values("pk"))
    return chosen.filter(Q(lawful_basis="") | Q(basis_source="") | Q(basis_date__isnull=True)).count()


def left_out(campaign: Campaign) -> dict[str, int]:
    """Contacts that the campaign's audience names and that it may not take, by why; one of two reasons is in both."""
    contacts = _named(campaign, campaign.audience)
    living = contacts.filter(erased_at__isnull=True)
    before = campaign.audience.get("except_mailed_by")
    mailed = living.filter(Exists(_mails_of(before or ()).filter(contact=OuterRef("pk"))))
    return {
        "erased": contacts.filter(erased_at__isnull=False).count(),
        "suppressed": living.filter(barred()).count(),
        "without a record": living.filter(record__isnull=True).count() if needs_records(campaign) else 0,
        "kept without mail by another campaign": living.filter(_is_held_out(campaign)).count(),
        "mailed by a campaign whose contacts are left out": mailed.count() if before else 0,
    }


def contacts_by_segment(task_id: UUID, choice: Mapping[str, Any]) -> dict[str, int]:
    """Contacts of a task that were not erased, by their segment; those of none under an empty name.

    Read once through. The segment that is chosen is there, even without contacts.
    """
    contacts = Contact.objects.filter(task_id=task_id, erased_at__isnull=True).order_by()
    counts = dict(contacts.values_list("segment").annotate(Count("pk")))
    return dict(sorted(({choice.get("segment", ""): 0} | counts).items()))


def imports_of(task_id: UUID, choice: Mapping[str, Any]) -> list[ContactImport]:
    """Imports of a task that contacts came with, the newest first, at most a hundred; and the one that is chosen."""
    rows = ContactImport.objects.filter(task_id=task_id)
    newest = list(rows.filter(rows_added__gt=0).order_by("-created_at")[:OFFERED])
    chosen = rows.filter(pk__in=[pk for pk in (uuid_or_none(choice.get("import")),) if pk])
    return [*newest, *chosen.exclude(pk__in=[each.pk for each in newest])]


def campaigns_before(task_id: UUID, choice: Mapping[str, Any]) -> list[Campaign]:
    """Campaigns of a task that were launched, the newest first, at most a hundred; and those that are chosen."""
    rows = Campaign.objects.filter(task_id=task_id)
    newest = list(rows.exclude(state=CampaignState.PLANNED).order_by("-launched_at", "slug")[:OFFERED])
    chosen = rows.filter(slug__in=choice.get("except_mailed_by", ()))
    return [*newest, *chosen.exclude(pk__in=[each.pk for each in newest]).order_by("slug")]


NAMING_KEYS = ("everyone", "segment", "import")
CHOICE_KEYS = (*NAMING_KEYS, "limit", "except_mailed_by")


def validated_choice(task: Task, values: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """Return an audience as a campaign keeps it: what says nothing is left out, and an import is kept by its id.

    Args:
        values: `everyone`, `segment`, `import` (an id), `limit` and `except_mailed_by` (slugs of campaigns), each
            optional.
        place: The field of the request that errors are shown at.

    Raises:
        Refusal: `audience_invalid`, a word that means nothing here; `import_unknown` or `campaign_unknown`, none such
            among the task's.
    """
    if unknown := sorted(set(values) - set(CHOICE_KEYS)):
        message = f"'{unknown[0]}' is nothing that contacts are chosen by."
        raise Refusal(
            "audience_invalid", message, hint=f"Choose by {', '.join(CHOICE_KEYS)}.", errors={place: [message]}
        )
    chosen = {name: value for name, value in values.items() if value}
    if "import" in chosen:
        chosen["import"] = str(_import(task, chosen["import"], place))
    if "except_mailed_by" in chosen:
        chosen["except_mailed_by"] = _campaigns(task, chosen["except_mailed_by"], place)
    return chosen


def _campaigns(task: Task, values: Sequence[str], place: str) -> list[str]:
    slugs = list(dict.fromkeys(str(slug) for slug in values))
    there = set(Campaign.objects.filter(task=task, slug__in=slugs).values_list("slug", flat=True))
    if unknown := [slug for slug in slugs if slug not in there]:
        message = f"There is no campaign '{unknown[0][:80]}' of this task."
        raise Refusal("campaign_unknown", message, hint="Name campaigns by their slugs.", errors={place: [message]})
    return slugs


def _import(task: Task, value: object, place: str) -> UUID:
    try:
        import_id = ContactImport.objects.filter(task=task, pk=UUID(str(value))).values_list("pk", flat=True).first()
    except ValueError:
        import_id = None
    if import_id is None:
        message = f"There is no import '{value}' among the contacts of this task."
        hint = "An import's id is in the answer to the request that made it, and in the campaign's form."
        raise Refusal("import_unknown", message, hint=hint, errors={place: [message]})
    return import_id
