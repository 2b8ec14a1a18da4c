"""Access to the routes of home, health, members, the audit trail, webhooks and jobs."""

from __future__ import annotations

from miniatures_site.access.levels import ADMIN, ANY_LEAD, LEAD, MEMBER, NONE, OPEN, OWN, VIEWER, Rule

_ASKS = "the request is checked further: a lead grants roles in the tasks that they lead, and in no others"
_MINE = "it reaches what is the member's own, and nothing else"

SITE = {
    "livez": Rule(OPEN, NONE),
    "healthz": Rule(OPEN, NONE),
    # It asks for a key of its own, METRICS_TOKEN, and tells of no task and nobody.
    "metrics": Rule(OPEN, NONE),
    "join": Rule(
        OPEN,
        OPEN,
        reason="an invitation opens by its signed link alone, once, and is worth what its inviter may still give",
    ),
    "home": Rule(MEMBER, NONE),
    "docs": Rule(MEMBER, NONE),
    "schema": Rule(MEMBER, NONE),
    "team_member": Rule(ADMIN, ADMIN),
    "members:profile": Rule(MEMBER, MEMBER, reason=_MINE),
    "members:tokens": Rule(MEMBER, MEMBER, reason=_MINE),
    "members:token_revoke": Rule(NONE, OWN),
    "members:sign_out_everywhere": Rule(NONE, MEMBER, reason=_MINE),
    "members:members": Rule(ADMIN, ADMIN),
    "members:member_change": Rule(NONE, ADMIN),
    "members:invitations": Rule(ANY_LEAD, ANY_LEAD, reason=_ASKS),
    "members:invitation_revoke": Rule(NONE, OWN),
    "audit:index": Rule(ADMIN, NONE),
    "audit:csv": Rule(ADMIN, NONE),
    "api-audit": Rule(ADMIN, NONE),
    "webhooks:index": Rule(
        ANY_LEAD, ANY_LEAD, reason="a lead hears of their own tasks alone; only an admin listens to all"
    ),
    "webhooks:detail": Rule(LEAD, LEAD),
    "webhooks:act": Rule(NONE, LEAD),
    "jobs:list": Rule(MEMBER, NONE),
    "jobs:detail": Rule(VIEWER, NONE),
    "jobs:steer": Rule(NONE, LEAD),
    "jobs:halt": Rule(MEMBER, ADMIN),
    "jobs:hosts": Rule(MEMBER, ADMIN),
    "jobs:priority": Rule(NONE, LEAD),
    "operations:index": Rule(ADMIN, NONE),
    "operations:retry": Rule(NONE, ADMIN),
    "operations:retry_kind": Rule(NONE, ADMIN),
    "api-operations": Rule(ADMIN, NONE),
    "jobs:events": Rule(VIEWER, NONE),
    "jobs:events_of_many": Rule(MEMBER, NONE),
    "api-me": Rule(MEMBER, NONE),
    "api-tokens": Rule(MEMBER, MEMBER, reason=_MINE),
    "api-token": Rule(NONE, OWN),
    "api-invitations": Rule(ANY_LEAD, ANY_LEAD, reason=_ASKS),
    "api-invitation": Rule(NONE, OWN),
    "api-webhooks": Rule(
        ANY_LEAD, ANY_LEAD, reason="a lead hears of their own tasks alone; only an admin listens to all"
    ),
    "api-webhook": Rule(LEAD, LEAD),
    "api-webhook-deliveries": Rule(LEAD, NONE),
    "api-webhook-replay": Rule(NONE, LEAD),
    "api-webhook-test": Rule(NONE, LEAD),
    "job-list": Rule(MEMBER, NONE),
    "job-detail": Rule(VIEWER, NONE),
    "job-events": Rule(VIEWER, NONE),
    "api-halt": Rule(MEMBER, ADMIN),
    "host-list": Rule(MEMBER, NONE),
    "job-priority": Rule(NONE, LEAD),
    "job-pause": Rule(NONE, LEAD),
    "job-resume": Rule(NONE, LEAD),
    "job-cancel": Rule(NONE, LEAD),
}
