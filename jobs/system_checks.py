"""Settings of jobs that cannot work are said at start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from jobs.secrets import allow_list

BEATS_PER_LEASE = 3


@register()
def lease_outlasts_heartbeats(**_: Any) -> list[Error]:
    """A lease must survive two missed heartbeats."""
    if settings.JOB_HEARTBEAT_S * BEATS_PER_LEASE <= settings.JOB_LEASE_S:
        return []
    message = (
        f"JOB_LEASE_S is {settings.JOB_LEASE_S:g} and JOB_HEARTBEAT_S is {settings.JOB_HEARTBEAT_S:g}: "
        "a lease must last at least three heartbeats, or one late heartbeat loses the job."
    )
    return [
        Error(
            message, hint=f"Set JOB_LEASE_S to {settings.JOB_HEARTBEAT_S * BEATS_PER_LEASE:g} or more.", id="jobs.E001"
        )
    ]


@register()
def allowed_secrets_can_be_read(**_: Any) -> list[Error]:
    """Report entries that cannot be read, since they must not look like permissions."""
    faults = [rule for rule in allow_list.rules() if isinstance(rule, allow_list.BadRuleError)]
    return [Error(str(fault), hint=fault.hint, id="jobs.E002") for fault in faults]
