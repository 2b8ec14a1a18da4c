"""Access to the routes of campaigns, experiments, contacts and the demo's mailbox."""

from __future__ import annotations

from miniatures_site.access.levels import ANY_LEAD, KEY, LEAD, MEMBER, NONE, OPEN, REVIEWER, USERS, VIEWER, Rule

_KEEPS = (
    "any member who learns that a person wants no more mails enters it: "
    "it applies to all tasks, only grows, and is audited"
)
_ASKS_DNS = "it keeps what public DNS says of a sender that all leads see, and changes no mail"
_PICKS = "senders are the organisation's own: leads pick one for a campaign and make a new one, which changes no other"
_SIGNED = "the address or the body is signed, and opens nothing but what it names"
_SINK = "the local mailbox is there in development and the demo alone, with made-up mails"

CAMPAIGNS = {
    "campaigns:list": Rule(VIEWER, NONE),
    "campaigns:new": Rule(LEAD, LEAD),
    "campaigns:detail": Rule(VIEWER, NONE),
    "campaigns:live": Rule(VIEWER, NONE),
    "campaigns:edit": Rule(LEAD, LEAD),
    "campaigns:act": Rule(NONE, LEAD),
    "campaigns:approve": Rule(NONE, REVIEWER),
    "campaigns:dry-run": Rule(LEAD, NONE),
    "campaigns:fixed": Rule(NONE, LEAD),
    "api-campaign-fixed": Rule(NONE, LEAD),
    "campaigns:dry-run-download": Rule(LEAD, NONE),
    "campaigns:pipelines": Rule(LEAD, NONE),
    "campaigns:pipeline-new": Rule(LEAD, LEAD),
    "campaigns:pipeline": Rule(LEAD, LEAD),
    "campaigns:mails": Rule(LEAD, NONE),
    "campaigns:mail": Rule(LEAD, NONE),
    "campaigns:mail-settle": Rule(NONE, LEAD),
    "demo:mail-in-mailbox": Rule(LEAD, NONE),
    "campaigns:replies": Rule(VIEWER, NONE),
    "campaigns:reply-meaning": Rule(NONE, REVIEWER),
    "campaigns:unmatched-settle": Rule(NONE, REVIEWER),
    "campaigns:answer": Rule(LEAD, LEAD),
    "campaigns:inbox": Rule(LEAD, LEAD),
    "campaigns:answer-draft": Rule(NONE, LEAD),
    "campaigns:answer-send": Rule(NONE, LEAD),
    "campaigns:answer-take-back": Rule(NONE, LEAD),
    "campaigns:answer-settle": Rule(NONE, LEAD),
    "campaigns:contacts": Rule(LEAD, NONE),
    "campaigns:contacts-sample": Rule(LEAD, NONE),
    "campaigns:contacts-import": Rule(LEAD, LEAD),
    "campaigns:contacts-columns": Rule(LEAD, LEAD),
    "campaigns:contact": Rule(LEAD, LEAD),
    "campaigns:contact-story": Rule(LEAD, NONE),
    "campaigns:suppressions": Rule(LEAD, LEAD, reason=_KEEPS),
    "campaigns:suppression-search": Rule(NONE, LEAD, reason=_KEEPS),
    "campaigns:suppression-lift": Rule(NONE, LEAD, reason=_KEEPS),
    "campaigns:senders": Rule(LEAD, LEAD, reason=_PICKS),
    "campaigns:sender": Rule(
        LEAD,
        LEAD,
        reason="it is changed by an admin, or who leads all tasks that use it, and every change is audited and shown",
    ),
    "campaigns:sender-check-domain": Rule(NONE, LEAD, reason=_ASKS_DNS),
    "campaigns:people": Rule(
        LEAD, LEAD, reason="a person is looked for by address in the tasks that the member leads, and in no others"
    ),
    "campaigns:person": Rule(LEAD, NONE),
    "campaigns:person-export": Rule(
        NONE, LEAD, reason="it holds what the tasks that the member leads have of the person"
    ),
    "campaigns:person-erase": Rule(
        NONE, LEAD, reason="it is refused where another task holds the person: then an admin erases"
    ),
    "campaigns:experiments": Rule(VIEWER, NONE),
    "campaigns:experiment-plan": Rule(LEAD, LEAD),
    "campaigns:experiment-outlook": Rule(VIEWER, NONE),
    "campaigns:experiment": Rule(VIEWER, NONE),
    "campaigns:experiment-look": Rule(NONE, LEAD),
    "campaigns:experiment-next-round": Rule(NONE, LEAD),
    "campaigns:experiment-promote": Rule(NONE, LEAD),
    "campaigns:experiment-contacts": Rule(VIEWER, NONE),
    "campaigns:experiment-registration": Rule(VIEWER, NONE),
    "campaigns:experiment-result": Rule(VIEWER, NONE),
    "campaigns:click": Rule(OPEN, NONE),
    "campaigns:open": Rule(OPEN, NONE),
    "campaigns:unsubscribe": Rule(OPEN, OPEN, reason=_SIGNED),
    "demo:mailbox": Rule(ANY_LEAD, NONE, reason=_SINK),
    "demo:mailbox-mail": Rule(LEAD, NONE, read_floor=ANY_LEAD),
    "demo:mailbox-answer": Rule(NONE, LEAD, write_floor=ANY_LEAD),
    "api-campaigns": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-campaign": Rule(VIEWER, LEAD),
    "api-campaign-launch": Rule(NONE, LEAD),
    "api-campaign-pause": Rule(NONE, LEAD),
    "api-campaign-resume": Rule(NONE, LEAD),
    "api-campaign-release": Rule(NONE, LEAD),
    "api-campaign-lift": Rule(NONE, LEAD),
    "api-campaign-end": Rule(NONE, LEAD),
    "api-campaign-write-again": Rule(NONE, LEAD),
    "api-campaign-dry-run": Rule(VIEWER, NONE),
    # Its campaign comes in the query string.
    "api-messages": Rule(LEAD, NONE, read_floor=MEMBER),
    "api-message": Rule(LEAD, NONE),
    "api-contacts": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-contact": Rule(LEAD, LEAD),
    "api-suppressions": Rule(ANY_LEAD, ANY_LEAD, reason=_KEEPS),
    "api-suppression-lift": Rule(NONE, ANY_LEAD, reason=_KEEPS),
    "api-senders": Rule(ANY_LEAD, ANY_LEAD, reason=_PICKS),
    "api-sender": Rule(
        ANY_LEAD,
        USERS,
        write_floor=ANY_LEAD,
        reason="it is changed by an admin, or who leads all tasks that use it, and every change is audited and shown",
    ),
    "api-sender-check-domain": Rule(NONE, ANY_LEAD, reason=_ASKS_DNS),
    "api-pipelines": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-pipeline": Rule(VIEWER, NONE),
    "api-pipeline-versions": Rule(VIEWER, LEAD),
    "api-pipeline-promote": Rule(NONE, LEAD),
    "api-pipeline-demote": Rule(NONE, LEAD),
    "api-stage-runs": Rule(LEAD, NONE, read_floor=MEMBER),
    "api-experiments": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-experiment": Rule(VIEWER, NONE),
    "api-experiment-contacts": Rule(VIEWER, NONE),
    "api-experiment-looks": Rule(VIEWER, LEAD),
    "api-experiment-next-round": Rule(NONE, LEAD),
    "api-experiment-promote": Rule(NONE, LEAD),
    "api-experiment-registration": Rule(VIEWER, NONE),
    "api-experiment-result": Rule(VIEWER, NONE),
    "api-replies": Rule(MEMBER, NONE),
    "api-reply": Rule(VIEWER, REVIEWER),
    "api-unmatched": Rule(MEMBER, NONE),
    "api-unmatched-attach": Rule(NONE, REVIEWER),
    "api-unmatched-set-aside": Rule(NONE, REVIEWER),
    "api-answers": Rule(MEMBER, NONE),
    "api-inbox": Rule(LEAD, LEAD),
    "api-answer": Rule(LEAD, LEAD),
    "api-answer-draft": Rule(NONE, LEAD),
    "api-answer-send": Rule(NONE, LEAD),
    "api-answer-settle": Rule(NONE, LEAD),
    # Its mail comes in the body.
    "api-outcomes": Rule(NONE, LEAD, write_floor=MEMBER),
    # Signed by whoever sends: a session opens neither.
    "api-inbound": Rule(NONE, KEY, reason=_SIGNED),
    "api-inbound-provider": Rule(NONE, OPEN, reason=_SIGNED),
}
