"""Rows that a miniature card reads: finished evaluations, requests so far, prices and tokens of drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Min, Sum
from django.utils import timezone

from evaluation.models import Evaluation
from generation.models import PriceEntry
from generation.money import prices
from review.models import DatasetVersion, Draft
from review.states import Split
from serving.models import Usage
from training.models import Miniature, TrainingRun

# Drafts from which costs and tokens are reckoned: more would narrow no interval that matters.
MOST_DRAFTS = 5000


@dataclass(frozen=True, slots=True)
class PricedDraft:
    """Price of one draft: who wrote it, its company, its tokens and its cost."""

    id: str
    teacher: str
    company: str
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class RequestTotal:
    """Requests to a miniature over `/v1`, from its first day to its last."""

    requests: int
    days: int


def evaluations_of(run: TrainingRun) -> dict[str, Evaluation]:
    """Return the newest finished evaluation of a run on each whole split that has one.

    A suite says nothing of a split.
    """
    finished = Evaluation.objects.filter(run=run, suite=None).exclude(summary={}).select_related("opening", "job")
    newest: dict[str, Evaluation] = {}
    for evaluation in finished.defer("record_ids").order_by("-created_at", "-id"):
        newest.setdefault(evaluation.split, evaluation)
    return {split: newest[split] for split in (Split.VALIDATION, Split.TEST) if split in newest}


def requests_of(miniature: Miniature) -> RequestTotal | None:
    """Return what was asked of a miniature so far; None where nothing was."""
    totals = Usage.objects.filter(miniature=miniature).aggregate(n=Sum("requests"), first=Min("day"), last=Max("day"))
    first: date | None = totals["first"]
    last: date | None = totals["last"]
    if not totals["n"] or first is None or last is None:
        return None
    return RequestTotal(totals["n"], (last - first).days + 1)


def drafts_of(version: DatasetVersion) -> list[PricedDraft]:
    """Return drafts of a frozen version that took tokens, `MOST_DRAFTS` at most, in the order of their ids."""
    drafts = Draft.objects.filter(pk__in=version.rows.values("draft"), input_tokens__gt=0).order_by("pk")
    columns = ("pk", "teacher", "record__group", "input_tokens", "output_tokens", "cost_usd")
    return [
        PricedDraft(str(pk), teacher, group, tokens_in, tokens_out, float(cost))
        for pk, teacher, group, tokens_in, tokens_out, cost in drafts.values_list(*columns)[:MOST_DRAFTS]
    ]


def listed_prices() -> list[PriceEntry]:
    """Return the price that counts today of every connected model that can still be bought."""
    today = timezone.localdate()
    connected = prices.connected_prices(today)
    return [entry for entry in connected if entry.shutdown_date is None or entry.shutdown_date > today]
