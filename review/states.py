"""Words that rows of this room can be in, as enums. Pure but for Django's choices; knows no model.

Labels marked with `_` are in the catalogues: pages of the desk translate them where they show them.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_noop as _


class Role(TextChoices):
    """Role of a member within one task; admin is global and stored on the member."""

    LEAD = "lead", "Lead"
    REVIEWER = "reviewer", "Reviewer"
    VIEWER = "viewer", "Viewer"


class Split(TextChoices):
    """Split of a record, fixed at import."""

    TRAIN = "train", _("Train")
    VALIDATION = "validation", _("Validation")
    TEST = "test", _("Test")


class SourceKind(TextChoices):
    """Kind of rows that an import holds."""

    RECORDS = "records", "Records"
    DRAFTS = "drafts", "Finished drafts"
    DECISIONS = "decisions", "Decisions made elsewhere"


class DraftState(TextChoices):
    """State of a draft on the desk."""

    PENDING = "pending", _("Pending")
    LEASED = "leased", _("Leased")
    DECIDED = "decided", _("Decided")
    DISPUTED = "disputed", _("Disputed")
    # Written for another purpose than judging: the desk neither deals nor counts it until somebody puts it there.
    KEPT = "kept", _("Not for review")
    # Taken under a rule that experts' verdicts bear out; it waits for nobody, and any expert may judge it all the same.
    MACHINE = "machine", _("Accepted by a judge")


# Drafts that wait for a verdict, in the queue or in a deck; and those on which one stands or stood.
OPEN = (DraftState.PENDING, DraftState.LEASED)
JUDGED = (DraftState.DECIDED, DraftState.DISPUTED)


class AssignmentState(TextChoices):
    """State of one draft in front of one reviewer."""

    ACTIVE = "active", "On a deck"
    RELEASED = "released", "Released"
    SET_ASIDE = "set_aside", "Set aside"
    DONE = "done", "Done"


class Drawn(TextChoices):
    """Reason for which a reviewer got a card. Rates are estimated from random cards alone."""

    QUEUE = "queue", "In the order of the queue"
    RANDOM = "random", "At random"
    OVERLAP = "overlap", "For overlap"
    KNOWN = "known", "With a known answer"
    ASSIGNED = "assigned", "Assigned"
    ASKED = "asked", "Requested"
    SENT_BACK = "sent_back", "Sent back"


class QueueOrdering(TextChoices):
    """Ordering of a task's queue; a random share is always mixed in."""

    OLDEST = "oldest", "Oldest first"
    UNCERTAIN = "uncertain", "Most uncertain first"
    DIVERSE = "diverse", "Most diverse first"
    LIKELY = "likely", "Likely good first"
    UNLIKELY = "unlikely", "Likely wrong first"


class Verdict(TextChoices):
    """Verdict of an expert on a draft."""

    ACCEPT = "accept", _("Accepted")
    EDIT = "edit", _("Edited")
    REJECT = "reject", _("Rejected")
    RETRACT = "retract", _("Taken back")


class RulingKind(TextChoices):
    """Kind of a lead's ruling, where verdicts alone do not settle a draft."""

    ADOPT = "adopt", _("Adopted")  # a late decision counts after all
    LEAVE = "leave", _("Dismissed")  # a late decision stays without effect
    SETTLE = "settle", _("Settled")  # of verdicts that differ, or of the lead's own, this one counts
    REOPEN = "reopen", _("Reopened")  # no ruling is in force any more
    SEND_BACK = "send_back", _("Sent back")  # its author looks at this verdict again; until then it counts for nothing


class MailOutcome(TextChoices):
    """Outcome of the mails sent from a draft, by which datasets select drafts."""

    SENT = "sent", "Sent"
    REPLIED = "replied", "Replied"
    INTERESTED = "interested", "Replied: interested"
    QUESTION = "question", "Replied: asks something"
    REFERRAL = "referral", "Replied: names somebody else"
    NOT_NOW = "not_now", "Replied: not now"
    NOT_INTERESTED = "not_interested", "Replied: not interested"
    CLICKED = "clicked", "Clicked"
    MEETING = "meeting", "Meeting"
    OPPORTUNITY = "opportunity", "Opportunity"
    REVENUE = "revenue", "Revenue"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    COMPLAINED = "complained", "Complained"
    BOUNCED = "bounced", "Bounced"


class RecallReturn(TextChoices):
    """Way to return drafts to use when a recall is undone."""

    AS_BEFORE = "as_before", "As before"
    JUDGE_ANEW = "judge_anew", "Back to the desk"


# Kinds of ruling that say nothing of what counts.
RULES_NOTHING = (RulingKind.LEAVE, RulingKind.SEND_BACK)

# What stands in place of a verdict where a judge accepted a draft and no person did.
MACHINE = "machine"
POSITIVE = frozenset({Verdict.ACCEPT, Verdict.EDIT})

# What comes back to its reviewer stands before every position an import or a generation gives out.
FIRST_IN_QUEUE = 0

# Cards set aside stand behind every position an import or a generation gives out.
BEHIND_THE_REST = 10**15

# Drafts whose random key is smaller are the random slice: a fifth of all, dealt by that key alone. What was drawn of it
# is a simple random sample at any time, whatever order the others come in.
RANDOM_SLICE_BELOW = 2**63 // 5
