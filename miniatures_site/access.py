"""Who may reach which route: one declaration for all of them, which tests hold against the views, role by role.

It decides nothing: selectors and services do. It says what they are to decide, in one place, so that a route that lets
too many in, or none, does not pass. A new route without a line here fails `tests/matrix`.
"""

from __future__ import annotations

from enum import Enum


class AccessLevel(Enum):
    """What somebody must be. Inside a task each role has what those before it have."""

    OPEN = "anybody: there is nothing here, or the address itself is a signed key"
    KEY = "a program with an API token; a browser's session is no key"
    MEMBER = "any member; lists hold what the member may see"
    VIEWER = "viewer of the task"
    REVIEWER = "reviewer of the task"
    LEAD = "lead of the task"
    ANY_LEAD = "lead of any task"
    USERS = "lead of every task that uses it; where none does, who made it"
    ADMIN = "admin"
    OWN = "the member whose it is"
    NONE = "no such method"


OPEN, KEY, MEMBER, VIEWER, REVIEWER, LEAD, ANY_LEAD, USERS, ADMIN, OWN, NONE = AccessLevel

# By route name (the pattern where it has none): what reading needs, and what everything else needs.
_SITE = {
    "livez": (OPEN, NONE), "healthz": (OPEN, NONE), "join": (OPEN, OPEN),
    "home": (MEMBER, NONE), "docs": (MEMBER, NONE), "schema": (MEMBER, NONE),
    "team_member": (ADMIN, ADMIN),
    "members:profile": (MEMBER, MEMBER), "members:tokens": (MEMBER, MEMBER), "members:token_revoke": (NONE, OWN),
    "members:sign_out_everywhere": (NONE, MEMBER), "members:members": (ADMIN, ADMIN),
    "members:member_change": (NONE, ADMIN), "members:invitations": (ANY_LEAD, ANY_LEAD),
    "members:invitation_revoke": (NONE, OWN),
    "audit:index": (ADMIN, NONE), "audit:csv": (ADMIN, NONE), "api-audit": (ADMIN, NONE),
    "webhooks:index": (ANY_LEAD, ANY_LEAD), "webhooks:detail": (LEAD, LEAD), "webhooks:act": (NONE, LEAD),
    "jobs:list": (MEMBER, NONE), "jobs:detail": (VIEWER, NONE), "jobs:steer": (NONE, LEAD),
    "jobs:halt": (MEMBER, ADMIN), "jobs:hosts": (MEMBER, ADMIN), "jobs:priority": (NONE, LEAD),
    "jobs:events": (VIEWER, NONE), "jobs:events_of_many": (MEMBER, NONE),
}  # fmt: skip
_REVIEW = {
    # The desk leads who only reads on to the list, whatever they sent.
    "review:tasks": (MEMBER, NONE), "review:new": (ANY_LEAD, ANY_LEAD), "review:task": (VIEWER, NONE),
    "review:edit": (LEAD, LEAD), "review:team": (NONE, LEAD), "review:example": (NONE, LEAD),
    "review:version": (VIEWER, NONE), "review:diff": (VIEWER, NONE),
    "review:sources": (VIEWER, NONE), "review:source": (VIEWER, NONE), "review:import": (LEAD, LEAD),
    "review:import-columns": (LEAD, LEAD), "review:sample": (VIEWER, LEAD),
    "review:focus": (VIEWER, VIEWER), "review:desk-list": (VIEWER, NONE), "review:draft": (VIEWER, NONE),
    "review:draft-text": (VIEWER, NONE), "review:decisions": (VIEWER, NONE), "review:reopen": (NONE, REVIEWER),
    "review:late": (LEAD, LEAD), "review:disputed": (LEAD, LEAD), "review:ruling": (NONE, LEAD),
    "review:choose": (REVIEWER, REVIEWER), "review:bulk": (REVIEWER, REVIEWER), "review:bulk-undo": (NONE, OWN),
    "review:ask": (REVIEWER, REVIEWER), "review:restore": (NONE, LEAD),
    "review:guidelines": (VIEWER, LEAD), "review:show-example": (NONE, LEAD),
    "review:comments": (NONE, REVIEWER),
    "review:mentions": (MEMBER, MEMBER),
    "review:desk-settings": (LEAD, LEAD),
    "review:known-answer": (NONE, LEAD),
    "review:dataset-counts": (VIEWER, NONE),
    "review:dataset-export": (VIEWER, LEAD),
    "review:export-snippets": (MEMBER, NONE),
    "review:dataset-compare": (VIEWER, NONE),
    "review:dataset-diff": (VIEWER, NONE),
    "review:dataset-rows": (VIEWER, NONE),
    "review:revoke": (LEAD, LEAD),
    "review:clusters": (VIEWER, NONE),
    "review:similar": (VIEWER, NONE),
    "review:import-judged": (LEAD, LEAD),
    # Everybody reads their own page as well.
    "review:agreement": (VIEWER, NONE), "review:reviewers": (REVIEWER, NONE), "review:reviewer": (LEAD, NONE),
    "review:datasets": (VIEWER, LEAD), "review:dataset": (VIEWER, NONE), "review:dataset-freeze": (NONE, LEAD),
    "review:dataset-version": (VIEWER, NONE),
}  # fmt: skip
_MODELS = {
    "generation:list": (VIEWER, LEAD), "generation:estimate": (LEAD, NONE), "generation:detail": (VIEWER, NONE),
    "generation:diversity": (VIEWER, NONE), "generation:learn": (LEAD, LEAD), "generation:learn-price": (LEAD, NONE),
    "generation:proposal": (LEAD, LEAD),
    "generation:research-list": (VIEWER, LEAD), "generation:research": (VIEWER, NONE),
    "generation:record-pages": (VIEWER, NONE),
    "generation:settle": (NONE, LEAD), "generation:correct": (NONE, ADMIN), "generation:teachers": (MEMBER, NONE), "generation:teacher-new": (ADMIN, ADMIN),
    "generation:teacher-edit": (ADMIN, ADMIN), "generation:prices": (MEMBER, ADMIN),
    "generation:price-remove": (NONE, ADMIN),
    "generation:ledger": (MEMBER, NONE), "generation:ledger-csv": (MEMBER, NONE), "generation:budgets": (MEMBER, ADMIN),
    "generation:task-budgets": (VIEWER, LEAD), "generation:budget-remove": (NONE, LEAD),
    "training:list": (VIEWER, LEAD), "training:recipe": (VIEWER, NONE), "training:estimate": (VIEWER, NONE),
    "training:compare": (VIEWER, NONE), "training:run": (VIEWER, NONE), "training:run-outcome": (VIEWER, NONE),
    "training:miniatures": (VIEWER, NONE), "training:miniature": (VIEWER, NONE),
    "training:miniature-exports": (VIEWER, LEAD), "training:miniature-export": (VIEWER, NONE),
    "training:miniature-archive": (VIEWER, NONE), "training:miniature-write": (NONE, REVIEWER),
    "training:miniature-writing": (VIEWER, NONE), "training:students": (MEMBER, ADMIN),
    "training:sweeps": (VIEWER, LEAD), "training:sweep-estimate": (VIEWER, NONE), "training:sweep": (VIEWER, NONE),
    "training:sweep-progress": (VIEWER, NONE), "training:sweep-csv": (VIEWER, NONE),
    "training:sweep-keep": (NONE, LEAD), "training:follow": (NONE, VIEWER), "training:host-prices": (MEMBER, ADMIN),
    "training:host-price-remove": (NONE, ADMIN),
    "evaluation:list": (VIEWER, NONE), "evaluation:detail": (VIEWER, NONE), "evaluation:start": (NONE, LEAD),
    "evaluation:card": (VIEWER, NONE), "evaluation:studies": (VIEWER, LEAD),
    "evaluation:study-estimate": (VIEWER, NONE), "evaluation:study": (VIEWER, NONE),
    "evaluation:study-progress": (VIEWER, NONE), "evaluation:study-cells": (VIEWER, NONE),
    "evaluation:study-record": (VIEWER, NONE),
    "serving:task": (VIEWER, NONE), "serving:start": (NONE, LEAD), "serving:stop": (NONE, ADMIN),
    "serving:playground": (REVIEWER, REVIEWER), "serving:playground-write": (NONE, REVIEWER),
    "serving:miniature": (VIEWER, NONE), "serving:promote": (NONE, LEAD), "serving:demote": (NONE, LEAD),
    "v1-chat-completions": (KEY, KEY), "v1-models": (KEY, KEY), "v1-model": (KEY, KEY), "v1-nothing": (KEY, KEY),
}  # fmt: skip
_CAMPAIGNS = {
    "campaigns:list": (VIEWER, NONE), "campaigns:new": (LEAD, LEAD), "campaigns:detail": (VIEWER, NONE),
    "campaigns:live": (VIEWER, NONE), "campaigns:edit": (LEAD, LEAD), "campaigns:act": (NONE, LEAD),
    "campaigns:approve": (NONE, REVIEWER), "campaigns:dry-run": (LEAD, NONE),
    "campaigns:fixed": (NONE, LEAD), "api-campaign-fixed": (NONE, LEAD),
    "campaigns:dry-run-download": (LEAD, NONE), "campaigns:mails": (LEAD, NONE), "campaigns:mail": (LEAD, NONE),
    "campaigns:mail-settle": (NONE, LEAD), "demo:mail-in-mailbox": (LEAD, NONE),
    "campaigns:replies": (VIEWER, NONE), "campaigns:reply-meaning": (NONE, REVIEWER),
    "campaigns:contacts": (LEAD, NONE), "campaigns:contacts-sample": (LEAD, NONE),
    "campaigns:contacts-import": (LEAD, LEAD), "campaigns:contacts-columns": (LEAD, LEAD),
    "campaigns:contact": (LEAD, NONE), "campaigns:suppressions": (LEAD, LEAD),
    "campaigns:suppression-search": (NONE, LEAD), "campaigns:senders": (LEAD, LEAD), "campaigns:sender": (LEAD, LEAD),
    "campaigns:people": (LEAD, LEAD), "campaigns:person": (LEAD, NONE), "campaigns:person-export": (NONE, LEAD),
    "campaigns:person-erase": (NONE, LEAD), "campaigns:experiments": (VIEWER, NONE),
    "campaigns:experiment-plan": (LEAD, LEAD), "campaigns:experiment-outlook": (VIEWER, NONE),
    "campaigns:experiment": (VIEWER, NONE), "campaigns:experiment-look": (NONE, LEAD),
    "campaigns:experiment-contacts": (VIEWER, NONE), "campaigns:experiment-registration": (VIEWER, NONE),
    "campaigns:experiment-result": (VIEWER, NONE), "campaigns:click": (OPEN, NONE), "campaigns:open": (OPEN, NONE),
    "campaigns:unsubscribe": (OPEN, OPEN), "demo:mailbox": (ANY_LEAD, NONE),
    "demo:mailbox-mail": (ANY_LEAD, NONE), "demo:mailbox-answer": (NONE, ANY_LEAD),
}  # fmt: skip
_API = {
    "api-me": (MEMBER, NONE), "api-tokens": (MEMBER, MEMBER), "api-token": (NONE, OWN),
    "api-invitations": (ANY_LEAD, ANY_LEAD), "api-invitation": (NONE, OWN),
    "api-webhooks": (ANY_LEAD, ANY_LEAD), "api-webhook": (LEAD, LEAD), "api-webhook-deliveries": (LEAD, NONE),
    "api-webhook-replay": (NONE, LEAD), "api-webhook-test": (NONE, LEAD),
    "job-list": (MEMBER, NONE), "job-detail": (VIEWER, NONE), "job-events": (VIEWER, NONE),
    "api-halt": (MEMBER, ADMIN), "host-list": (MEMBER, NONE), "job-priority": (NONE, LEAD),
    "job-pause": (NONE, LEAD), "job-resume": (NONE, LEAD), "job-cancel": (NONE, LEAD),
    "api-tasks": (MEMBER, ANY_LEAD), "api-task": (VIEWER, NONE), "api-task-versions": (VIEWER, LEAD),
    "api-task-version": (VIEWER, NONE), "api-task-team": (LEAD, NONE), "api-task-team-member": (NONE, LEAD),
    "api-agreement": (VIEWER, NONE), "api-reviewers": (LEAD, NONE), "api-reviewer": (LEAD, NONE),
    "api-sources": (MEMBER, LEAD), "api-source": (VIEWER, NONE), "api-records": (MEMBER, NONE),
    "api-record": (VIEWER, NONE), "api-drafts": (MEMBER, NONE), "api-draft": (VIEWER, NONE),
    "api-decisions": (VIEWER, REVIEWER), "api-set-aside": (NONE, REVIEWER), "api-hold": (NONE, REVIEWER),
    "api-check": (NONE, REVIEWER), "api-unfinished": (NONE, REVIEWER), "api-ask": (NONE, REVIEWER),
    "api-revisions": (REVIEWER, NONE), "api-writers": (REVIEWER, NONE), "api-preferences": (VIEWER, REVIEWER),
    "api-next-preference": (REVIEWER, NONE), "api-deck": (REVIEWER, NONE), "api-desk-keys": (MEMBER, MEMBER),
    "api-release": (NONE, MEMBER), "api-dispute": (LEAD, NONE), "api-settle": (NONE, LEAD), "api-reopen": (NONE, LEAD),
    "api-second-opinion": (NONE, LEAD), "api-late-decisions": (LEAD, NONE), "api-adopt": (NONE, LEAD),
    "api-leave": (NONE, LEAD), "api-datasets": (MEMBER, LEAD), "api-dataset": (VIEWER, NONE),
    "api-dataset-preview": (VIEWER, NONE), "api-version-diff": (VIEWER, NONE), "api-revocation": (VIEWER, LEAD),
    "api-dataset-versions": (VIEWER, LEAD), "api-raw-schema": (MEMBER, NONE), "api-dataset-version": (VIEWER, NONE),
    "api-rows": (VIEWER, NONE), "api-rows-parquet": (VIEWER, NONE), "api-rows-page": (VIEWER, NONE),
    "api-bulk-preview": (NONE, REVIEWER),
    "api-bulk": (NONE, REVIEWER),
    "api-bulk-undo": (NONE, OWN),
    "api-similar": (VIEWER, NONE),
    "api-repeated": (REVIEWER, NONE),
    "api-desk-settings": (LEAD, LEAD),
    "api-assigned-cards": (NONE, LEAD),
    "api-assigned-cards-of": (NONE, LEAD),
    "api-known-answers": (LEAD, LEAD),
    "api-known-answer": (NONE, LEAD),
    "api-comments": (VIEWER, REVIEWER),
    # One's own, or any as a lead.
    "api-comment": (NONE, LEAD),
    "api-mentions": (MEMBER, NONE),
    "api-mentions-read": (NONE, MEMBER),
    # Who asked, or any lead.
    "api-revision": (LEAD, NONE),
    "api-restore": (NONE, LEAD),
    "api-send-back": (NONE, LEAD),
    "api-teachers": (MEMBER, ADMIN), "api-teacher": (MEMBER, ADMIN), "api-prices": (MEMBER, NONE),
    "api-orders": (MEMBER, LEAD), "api-order-estimate": (NONE, LEAD),
    "api-order": (VIEWER, NONE), "api-order-calls": (VIEWER, NONE), "api-order-diversity": (VIEWER, NONE), "api-proposals": (LEAD, LEAD), "api-proposal": (LEAD, NONE),
    "api-proposal-accept": (NONE, LEAD), "api-proposal-rebase": (NONE, LEAD), "api-proposal-dismiss": (NONE, LEAD),
    "api-order-settle": (NONE, LEAD), "api-order-call-cost": (NONE, ADMIN),
    "api-research-orders": (VIEWER, LEAD), "api-research": (VIEWER, NONE), "api-record-pages": (VIEWER, NONE),
    "api-ledger": (MEMBER, NONE), "api-ledger-csv": (MEMBER, NONE), "api-budgets": (MEMBER, LEAD),
    "api-budget": (VIEWER, LEAD),
    "api-students": (MEMBER, ADMIN), "api-recipes": (MEMBER, NONE), "api-training-runs": (MEMBER, LEAD),
    "api-training-estimate": (NONE, VIEWER), "api-training-run": (VIEWER, NONE), "api-training-metrics": (VIEWER, NONE),
    "api-miniature-exports": (VIEWER, LEAD), "api-miniature-export": (VIEWER, NONE),
    "api-miniatures": (MEMBER, NONE), "api-miniature": (VIEWER, NONE), "api-miniature-archive": (VIEWER, NONE),
    "api-miniature-write": (NONE, REVIEWER), "api-miniature-promote": (NONE, LEAD),
    "api-miniature-demote": (NONE, LEAD), "api-serving": (MEMBER, NONE),
    "api-sweeps": (MEMBER, LEAD), "api-sweep-estimate": (NONE, VIEWER), "api-sweep": (VIEWER, NONE),
    "api-sweep-cells": (VIEWER, NONE), "api-sweep-keep": (NONE, LEAD),
    "api-evaluations": (MEMBER, LEAD), "api-evaluation": (VIEWER, NONE), "api-evaluation-outputs": (VIEWER, NONE),
    "api-studies": (MEMBER, LEAD), "api-study": (VIEWER, NONE), "api-study-cells": (VIEWER, NONE),
    "api-study-record": (VIEWER, NONE), "api-campaigns": (MEMBER, LEAD), "api-campaign": (VIEWER, LEAD),
    "api-campaign-launch": (NONE, LEAD), "api-campaign-pause": (NONE, LEAD), "api-campaign-resume": (NONE, LEAD),
    "api-campaign-release": (NONE, LEAD), "api-campaign-end": (NONE, LEAD), "api-campaign-write-again": (NONE, LEAD),
    "api-campaign-dry-run": (VIEWER, NONE), "api-messages": (LEAD, NONE), "api-message": (LEAD, NONE),
    "api-contacts": (MEMBER, LEAD), "api-contact": (LEAD, NONE), "api-suppressions": (ANY_LEAD, ANY_LEAD),
    "api-senders": (ANY_LEAD, ANY_LEAD), "api-sender": (ANY_LEAD, USERS), "api-experiments": (MEMBER, LEAD),
    "api-experiment": (VIEWER, NONE), "api-experiment-contacts": (VIEWER, NONE), "api-experiment-looks": (VIEWER, LEAD),
    "api-experiment-registration": (VIEWER, NONE), "api-experiment-result": (VIEWER, NONE),
    "api-replies": (MEMBER, NONE), "api-reply": (VIEWER, REVIEWER),
    # Signed by whoever sends: a session opens neither.
    "api-inbound": (NONE, KEY), "api-inbound-provider": (NONE, OPEN),
}  # fmt: skip

ACCESS: dict[str, tuple[AccessLevel, AccessLevel]] = {**_SITE, **_REVIEW, **_MODELS, **_CAMPAIGNS, **_API}
_KEEPS = "whoever hears that a person wants no more mails enters it: it holds for all tasks, only grows, and is audited"
_PICKS = "senders are the organisation's own: leads pick one for a campaign and make a new one, which changes no other"
_ASKS = "it is checked further by what is asked for: roles in the tasks that the lead leads, and in no others"
_MINE = "it reaches what is the member's own, and nothing else"
_SIGNED = "the address or the body is signed, and opens nothing but what it names"
_SINK = "the local mailbox is there in development and the demo alone, with made-up mails"
# What is not held by a role in one task, and why that is right: routes that somebody who is no admin changes
# installation-wide things by, or reads them. A new one is added here with its reason, and to the reviewed list of
# `tests/matrix/test_wide.py`.
WIDE: dict[str, str] = {
    "join": "an invitation opens by its signed link alone, once, and is worth what its inviter may still give",
    "members:profile": _MINE, "members:tokens": _MINE, "members:sign_out_everywhere": _MINE,
    "api-tokens": _MINE, "review:mentions": _MINE, "api-mentions-read": _MINE, "api-desk-keys": _MINE,
    "api-release": "it gives back cards in the member's own hand, and no others",
    "members:invitations": _ASKS, "api-invitations": _ASKS,
    "webhooks:index": "a lead hears of their own tasks alone; only an admin listens to all",
    "api-webhooks": "a lead hears of their own tasks alone; only an admin listens to all",
    "review:new": "who makes a task leads it; it touches no other", "api-tasks": "who makes a task leads it; it touches no other",
    "campaigns:suppressions": _KEEPS, "campaigns:suppression-search": _KEEPS, "api-suppressions": _KEEPS,
    "campaigns:senders": _PICKS, "api-senders": _PICKS,
    "campaigns:sender": "it is changed by an admin, or who leads all tasks that use it, and every change is audited and shown",
    "api-sender": "it is changed by an admin, or who leads all tasks that use it, and every change is audited and shown",
    "demo:mailbox": _SINK, "demo:mailbox-mail": _SINK, "demo:mailbox-answer": _SINK,
    "campaigns:people": "a person is looked for by address in the tasks that the member leads, and in no others",
    "campaigns:person-export": "it holds what the tasks that the member leads have of the person",
    "campaigns:person-erase": "it is refused where another task holds the person: then an admin erases",
    "campaigns:unsubscribe": _SIGNED, "api-inbound-provider": _SIGNED, "api-inbound": _SIGNED,
    "v1-chat-completions": "the token's member asks miniatures of their own tasks", "v1-models": "as its reading: the token's member's own",
    "v1-model": "as its reading: the token's member's own", "v1-nothing": "there is nothing behind it",
}  # fmt: skip
# Routes of allauth: their own rules, held by tests of their own.
ELSEWHERE = ("accounts/",)
