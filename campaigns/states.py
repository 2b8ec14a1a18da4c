"""States of this room's rows, and the transitions between them. Pure but for Django's choices."""

from __future__ import annotations

from django.db.models import TextChoices


class LawfulBasis(TextChoices):
    """Why a contact may be written to (GDPR, article 6)."""

    CONSENT = "consent", "Consent"
    CONTRACT = "contract", "Contract"
    LEGITIMATE_INTEREST = "legitimate_interest", "Legitimate interest"


class Language(TextChoices):
    """In which the words of ours under a mail, and the page to leave, are written."""

    EN = "en", "English"
    DE = "de", "German"
    FR = "fr", "French"
    IT = "it", "Italian"
    NL = "nl", "Dutch"
    ES = "es", "Spanish"


class SuppressionReason(TextChoices):
    """Why an address is never written to again."""

    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    COMPLAINED = "complained", "Complained"
    BOUNCED = "bounced", "Address does not exist"
    ERASED = "erased", "Requested erasure"
    MANUAL = "manual", "Entered by hand"


class CampaignState(TextChoices):
    PLANNED = "planned", "Planned"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"


CAMPAIGN_MOVES: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.PLANNED: frozenset({CampaignState.RUNNING}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.ENDED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.ENDED}),
    CampaignState.ENDED: frozenset(),
}


class Approval(TextChoices):
    """Mails that a person sees before they go out."""

    ALL = "all", "Every mail"
    SAMPLE = "sample", "A share, and every mail a check marks"


class StepWriter(TextChoices):
    MODEL = "model", "Model of the arm"
    TEMPLATE = "template", "A fixed text with slots"


class StepCondition(TextChoices):
    """Condition on whoever a later mail of the sequence goes to; the first goes to everybody."""

    NO_ANSWER = "no_answer", "There is no answer"
    CLICKED = "clicked", "A link was clicked, and there is no answer"
    NOT_CLICKED = "not_clicked", "No link was clicked, and there is no answer"
    REPLIED = "replied", "The last answer says"


class MessageState(TextChoices):
    """State of one mail: prepare, write, check, approve, send."""

    PREPARING = "preparing", "Being prepared"
    PLANNED = "planned", "Planned"
    WRITING = "writing", "Being written"
    WRITTEN = "written", "Written"
    AWAITING = "awaiting", "Awaiting approval"
    APPROVED = "approved", "Approved"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    REJECTED = "rejected", "Not approved"
    UNKNOWN = "unknown", "Outcome unknown"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


M = MessageState

# Mails that wait for a stage: before they are written, or to be checked. Of others no stage is asked any more.
AT_A_STAGE = frozenset({M.PREPARING, M.WRITTEN})
BEFORE_THE_WIRE = frozenset({M.PREPARING, M.PLANNED, M.WRITING, M.WRITTEN, M.AWAITING, M.APPROVED, M.REJECTED})
# Mails that went, may have gone, or are going; what was refused or put off is none.
WENT = (M.SENDING, M.SENT, M.UNKNOWN)
# A mail that was turned down goes only when somebody takes that back.
STILL_TO_GO = BEFORE_THE_WIRE - {M.REJECTED}


class AnswerState(TextChoices):
    OPEN = "open", "Being written"
    APPROVED = "approved", "About to be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    UNKNOWN = "unknown", "Outcome unknown"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


class FixedVerdict(TextChoices):
    APPROVE = "approve", "Approve"
    REFUSE = "refuse", "Do not send"
    REOPEN = "reopen", "Take it back"


class StopReason(TextChoices):
    """Why a mail was not sent although it could have been."""

    SUPPRESSED = "suppressed", "On the suppression list"
    REPLIED = "replied", "The contact replied"
    BOUNCED = "bounced", "An earlier mail bounced"
    UNSUBSCRIBED = "unsubscribed", "The contact unsubscribed"
    COMPLAINED = "complained", "The contact complained"
    MEETING = "meeting", "A meeting was made"
    OBJECTED = "objected", "Opt-out, read from a reply"
    CONDITION = "condition", "The condition of its step holds no more"
    ERASED = "erased", "The person was erased"
    ENDED = "ended", "The campaign ended"
    UNQUALIFIED = "unqualified", "A stage did not let it pass"


class StageKind(TextChoices):
    """Kind of a pipeline's stage, in the order the stages stand."""

    RESEARCH = "research", "Research"
    VERIFY = "verify", "Verify claims"
    QUALIFY = "qualify", "Qualify"
    WRITE = "write", "Write"
    CHECK = "check", "Check the mail"


class StageState(TextChoices):
    WAITING = "waiting", "Waiting"
    ASKED = "asked", "Requested"
    PASSED = "passed", "Passed on"
    STOPPED = "stopped", "Did not pass"
    FAILED = "failed", "Failed"


class HoldReason(TextChoices):
    CONTACT = "contact", "The contact had a first mail from another campaign"
    COMPANY = "company", "The company had its first mails"
    CONVERSATION = "conversation", "The contact answered another campaign"
    HOLDOUT = "holdout", "Another campaign keeps the contact without mail"
    SENDER = "sender", "The sender has sent its mails of the day"
    VALUE = "value", "A value of the contact or the sender was never filled in"
    OPTOUT = "optout", "A reply may ask to leave, and no person has decided yet"


class Guardrail(TextChoices):
    COMPLAINTS = "complaints", "Complaints"
    BOUNCES = "bounces", "Bounces"
    UNSUBSCRIBES = "unsubscribes", "Unsubscribes"


class EventKind(TextChoices):
    SENT = "sent", "Sent"
    BOUNCED = "bounced", "Bounced"
    DEFERRED = "deferred", "Deferred"
    OPENED = "opened", "Opened"
    CLICKED = "clicked", "Clicked"
    REPLIED = "replied", "Replied"
    AUTO_REPLIED = "auto_replied", "Automatic reply"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    COMPLAINED = "complained", "Complained"
    MEETING = "meeting", "Meeting"
    OPPORTUNITY = "opportunity", "Opportunity"
    REVENUE = "revenue", "Revenue"


# What came of a mail beyond the mail itself, as the customer's own systems report it.
OUTCOMES = (EventKind.MEETING, EventKind.OPPORTUNITY, EventKind.REVENUE)


class EventSource(TextChoices):
    WIRE = "wire", "The mail server"
    WEBHOOK = "webhook", "The provider's webhook"
    MAIL = "mail", "An incoming mail"
    LINK = "link", "A link of the mail"
    PAGE = "page", "A page of ours"
    API = "api", "A report over the API"


class UnmatchedState(TextChoices):
    OPEN = "open", "To be read by a person"
    ATTACHED = "attached", "Attached to a contact"
    SET_ASIDE = "set_aside", "Set aside"


class ReplyClass(TextChoices):
    """Class of a reply: the labels of *Reply sorting*."""

    INTERESTED = "interested", "Interested"
    QUESTION = "question", "Asks something"
    REFERRAL = "referral", "Names somebody else"
    NOT_NOW = "not_now", "Not now"
    NOT_INTERESTED = "not_interested", "Not interested"
    UNSUBSCRIBE = "unsubscribe", "Wants no more mails"
    OUT_OF_OFFICE = "out_of_office", "Out of office"
    MACHINE = "machine", "Sent by a program"
    OTHER = "other", "Other"


# What no person wrote, or a program in a person's absence: no figure counts it as a reply.
NO_REPLIES = (ReplyClass.OUT_OF_OFFICE, ReplyClass.MACHINE)
# Answers that a mail of the sequence may take up; who declined, or asked to be left alone, gets no more of it.
FOLLOWED_REPLIES = (
    ReplyClass.INTERESTED,
    ReplyClass.QUESTION,
    ReplyClass.REFERRAL,
    ReplyClass.NOT_NOW,
    ReplyClass.OUT_OF_OFFICE,
    ReplyClass.OTHER,
)


class Claim(TextChoices):
    """Claim that an experiment sets out to show."""

    NOT_WORSE = "not_worse", "Not worse by more than a margin"
    BETTER = "better", "Better by at least an effect"


class Metric(TextChoices):
    """Metric of an experiment, per contact that was assigned."""

    REPLY = "reply", "Replied"
    POSITIVE_REPLY = "positive_reply", "Replied with interest"
    CLICK = "click", "Clicked"
    UNSUBSCRIBE = "unsubscribe", "Unsubscribed"
    MEETING = "meeting", "Met"
    OPPORTUNITY = "opportunity", "Became an opportunity"
    REVENUE = "revenue", "Bought"


# What happens to who got no mail, too: the only metrics that a holdout arm can be compared by.
WITHOUT_MAIL = frozenset({Metric.MEETING, Metric.OPPORTUNITY, Metric.REVENUE})
