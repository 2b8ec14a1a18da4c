"""Words that rows of this room can be in. Pure but for Django's choices; knows no model."""

import re

from django.db.models import TextChoices

# Beside the fields of a kept answer, what a served classifier says of each label; no field is called so.
PROBABILITIES = "(probabilities)"
# Error code of a call that was turned down, and left when its job stopped.
NOT_ASKED = "not_asked"


class Provider(TextChoices):
    """Provider behind a teacher, and the wire format it speaks."""

    OFFLINE = "offline", "Offline (built in)"
    OPENAI = "openai", "OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"
    COMPATIBLE = "openai-compatible", "OpenAI-compatible server"


# Each provider's own price list.
PRICE_LISTS = {
    Provider.OPENAI.value: "https://developers.openai.com/api/docs/pricing",
    Provider.ANTHROPIC.value: "https://platform.claude.com/docs/en/about-claude/pricing",
}


class Purpose(TextChoices):
    """Purpose of drafts: the reviewers' desk, outputs to compare, mails of a campaign, or one draft written again."""

    DESK = "desk", "For review"
    EVALUATION = "evaluation", "For evaluation"
    CAMPAIGN = "campaign", "For a campaign"
    REVISION = "revision", "A revision"
    JUDGING = "judging", "Choosing the best"
    TEACHING = "teaching", "Learning from rejections"
    TRIAL = "trial", "A teacher's test"
    SYNTHETIC = "synthetic", "Synthetic records"
    RUBRIC = "rubric", "A judge's verdicts"
    CLAIMS = "claims", "Checking claims"


# One question each, or none about a draft: they stand on pages of their own, and their length says nothing of drafts.
BESIDE_DRAFTS = frozenset(
    {
        Purpose.REVISION,
        Purpose.JUDGING,
        Purpose.TEACHING,
        Purpose.TRIAL,
        Purpose.SYNTHETIC,
        Purpose.RUBRIC,
        Purpose.CLAIMS,
    }
)
# Their answers are no drafts for the desk, and stay on the calls.
KEEPS_ANSWERS = BESIDE_DRAFTS - {Purpose.REVISION} | {Purpose.EVALUATION}


class DropReason(TextChoices):
    """Why a synthetic record that was paid for stayed out."""

    REPEATED = "repeated", "Like another of the same order"
    KNOWN = "known", "Like a record of the task"
    HELD_OUT = "held_out", "Like a record that is held out"
    BAD = "bad", "Does not fit the task's facts"


class LeftOutReason(TextChoices):
    """Why a draft that was paid for stays off the desk."""

    DUPLICATE = "duplicate", "Near-duplicate of another"
    NOT_BEST = "not_best", "Not the best of its record"


class ChosenBy(TextChoices):
    """Chooser of the best of several drafts."""

    ALONE = "alone", "The only one"
    CHECKS = "checks", "Checks"
    JUDGE = "judge", "A judge"


class ProposalState(TextChoices):
    """State of a proposed task version."""

    WAITING = "waiting", "Being written"
    OPEN = "open", "Waiting for a lead"
    FAILED = "failed", "Failed"
    ACCEPTED = "accepted", "Accepted"
    DISMISSED = "dismissed", "Dismissed"


class CallState(TextChoices):
    """State of one paid request."""

    SENT = "sent", "In flight"
    ANSWERED = "answered", "Answered"
    FAILED = "failed", "Failed"
    UNCERTAIN = "uncertain", "Uncertain"


class Answers(TextChoices):
    """Form in which drafts come back: `auto` takes JSON where the provider holds a model to a schema."""

    AUTO = "auto", "automatic: best for the provider"
    TEXT = "text", "as text"
    JSON = "json", "as JSON, by a schema"


class UncertainPolicy(TextChoices):
    """Policy for a call whose fate is unknown."""

    HOLD = "hold", "Hold: show it and never repeat it"
    RETRY = "retry", "Retry: ask again, at the risk of paying twice"


class Settlement(TextChoices):
    """Settlement of an uncertain call by a person."""

    OPEN = "", "Open"
    RETRIED = "retried", "Sent again"
    DROPPED = "dropped", "Dropped"
    PAID = "paid", "Billed"
    NOT_PAID = "not-paid", "Not billed"


class Way(TextChoices):
    """Way of a call: by itself, or with others in a batch that the provider does when it pleases, for less."""

    LIVE = "live", "Live"
    BATCH = "batch", "Batch"


class Stragglers(TextChoices):
    """Policy for calls that a batch left unanswered and unpaid."""

    ASK = "ask", "Ask them one by one, at full price"
    LEAVE = "leave", "Leave them"


class BatchState(TextChoices):
    """State of a batch at a provider."""

    PREPARING = "preparing", "Being submitted"
    SUBMITTED = "submitted", "At the provider"
    ENDED = "ended", "Collected"
    DROPPED = "dropped", "Never started"


class BudgetScope(TextChoices):
    """Scope of a budget."""

    INSTALLATION_MONTH = "installation-month", "Whole installation, each month"
    TASK_MONTH = "task-month", "This task, each month"
    TASK_TOTAL = "task-total", "This task, in all"


DEFAULT_SECRET = {Provider.OPENAI: "OPENAI_API_KEY", Provider.ANTHROPIC: "ANTHROPIC_API_KEY"}
# Where a provider is asked that has no address of its own set.
DEFAULT_ADDRESS = {Provider.OPENAI: "https://api.openai.com/v1", Provider.ANTHROPIC: "https://api.anthropic.com"}
PAID_PROVIDERS = frozenset({Provider.OPENAI, Provider.ANTHROPIC, Provider.COMPATIBLE})
NEEDS_KEY = frozenset({Provider.OPENAI, Provider.ANTHROPIC})
# What the providers' public pages say of batches: half the price of the same call asked live.
BATCH_FACTOR: dict[str, str] = {Provider.OPENAI: "0.5", Provider.ANTHROPIC: "0.5"}
# What the providers' public pages say of input written into a cache: dearer than plain input at Anthropic, for which
# prompts are marked, and from GPT-5.6 on. By the label of a price.
CACHE_WRITE_FACTOR = "1.25"
CHARGES_CACHE_WRITES = re.compile(r"(?i)^anthropic:|\bgpt-(?:5\.[6-9]|[6-9])(?![\d.]*\d*b\b|\d)")
# The kind of job that closes what a cancelled order left at a provider.
COLLECT = "generation-collect"
# Who takes batches; a server of one's own does not.
TAKES_BATCHES = frozenset({Provider.OPENAI, Provider.ANTHROPIC})
# The kind of job that reads companies' sites.
RESEARCH = "research"


class PageWay(TextChoices):
    """Way by which a page of a company came to be read."""

    START = "start", "Start page"
    LINK = "link", "Linked from it"
    SEARCH = "search", "Found by a search"


def address_of(provider: str, base_url: str) -> str:
    """Return the address at which a teacher of this provider is asked; empty when nobody is called."""
    return base_url or DEFAULT_ADDRESS.get(Provider(provider), "")
