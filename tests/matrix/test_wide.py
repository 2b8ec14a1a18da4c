"""What reaches beyond one task is declared with its reason, and is what was looked at:
a wide declaration makes the matrix green.
"""

from __future__ import annotations

from miniatures_site.access import ACCESS, AccessLevel

WIDE = {name: rule.reason for name, rule in ACCESS.items() if rule.reason}
# Somebody who is no admin may write there without a role in the task it belongs to, or read what leads alone read.
WRITES = {AccessLevel.OPEN, AccessLevel.KEY, AccessLevel.MEMBER, AccessLevel.ANY_LEAD, AccessLevel.USERS}
# Looked at one by one. Pages under a task's address that change what belongs to all tasks cannot be told by their need.
REVIEWED = {
    "api-desk-keys", "api-inbound", "api-inbound-provider", "api-invitations", "api-mentions-read", "api-release",
    "api-replicas", "api-sender", "api-sender-check-domain",
    "api-senders", "api-suppression-lift", "api-suppressions", "api-tasks", "api-tokens", "api-webhooks",
    "demo:mailbox", "campaigns:unsubscribe", "join", "members:invitations",
    "members:profile", "members:sign_out_everywhere", "members:tokens", "review:from-log", "review:from-log-found",
    "review:mentions", "review:new", "review:own-rows", "review:own-rows-found", "serving:replicas",
    "v1-chat-completions", "v1-model", "v1-models", "v1-nothing", "webhooks:index",
}  # fmt: skip
UNDER_A_TASK = {
    "campaigns:people", "campaigns:person-erase", "campaigns:person-export", "campaigns:sender",
    "campaigns:sender-check-domain", "campaigns:senders", "campaigns:suppression-lift", "campaigns:suppression-search",
    "campaigns:suppressions",
}  # fmt: skip


def test_every_wide_declaration_was_looked_at() -> None:
    wide = {name for name, rule in ACCESS.items() if rule.write in WRITES or rule.read is AccessLevel.ANY_LEAD}

    assert wide == REVIEWED, "A route became wide, or is no longer: look at it, then change the list."


def test_every_wide_declaration_has_its_reason() -> None:
    assert set(WIDE) == REVIEWED | UNDER_A_TASK
    assert set(WIDE) <= set(ACCESS)
    assert [name for name, reason in WIDE.items() if len(reason.split()) < 4] == []
