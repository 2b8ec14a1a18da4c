"""Check a sender's domain and keep what was found; tell beside a launch what is to be mended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from campaigns.models import SenderIdentity
from campaigns.senders import domain_checks, tracking_domains
from campaigns.senders.dns_lookups import QUESTION_S, TOTAL_S, DnsLookups
from campaigns.senders.findings import TO_MEND, FindingState
from members.models import Member
from review.tasks.permissions import require_may_create

# What the findings rest on: when one of these changes, they no longer hold.
RESTS_ON = ("from_address", "reply_address", "dkim_selector", "tracking_domain")


def check(
    identity: SenderIdentity, *, by: Member, question_s: float = QUESTION_S, total_s: float = TOTAL_S
) -> SenderIdentity:
    """Ask DNS about a sender's domains and keep the findings. It takes up to `total_s` seconds and holds no lock.

    Findings of addresses that were changed meanwhile are dropped: the row then says that it was not checked.

    Raises:
        PermissionDenied: The member is neither admin nor lead of a task.
    """
    require_may_create(by)
    asked = {name: getattr(identity, name) for name in RESTS_ON}
    lookups = DnsLookups(settings.DNS_SERVER, question_s=question_s, total_s=total_s)
    findings = [finding.as_json() for finding in domain_checks.findings_of(lookups, **asked)]
    now = timezone.now()
    SenderIdentity.objects.filter(pk=identity.pk, **asked).update(
        domain_checks=findings, domain_checked_at=now, **_tracking(findings, now)
    )
    identity.refresh_from_db(fields=["domain_checks", "domain_checked_at", "tracking_verified_at", *RESTS_ON])
    return identity


def _tracking(findings: list[dict[str, Any]], now: datetime) -> dict[str, datetime | None]:
    """Keep the earlier state where DNS gave no answer."""
    states = [found["state"] for found in findings if found["check"] == tracking_domains.CHECK]
    if states == [FindingState.UNKNOWN]:
        return {}
    return {"tracking_verified_at": now if states == [FindingState.OK] else None}


def warnings_of(identity: SenderIdentity | None) -> list[tuple[str, str]]:
    """Return what is to be mended before mails are sent, each with how; none of them keeps a campaign from its launch."""
    if identity is None or not domain_checks.is_real(identity.from_address.rpartition("@")[2]):
        return []
    if identity.domain_checks is None:
        return [(f"The domain of {identity.name} was not checked.", "Check it on the sender's page.")]
    return [
        (f"{found['check']} of {found['name']}: {found['message']}", f"Add: {found['add']}" if found["add"] else "")
        for found in identity.domain_checks
        if found["state"] in TO_MEND
    ]
