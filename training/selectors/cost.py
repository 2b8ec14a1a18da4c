"""What a miniature cost: the calls of the drafts it learnt from, the time of people who judged them, and its run.

Of exactly what was trained on: the rows that its dataset version froze, and the drafts that those revise. Beside it, what
the orders of these drafts cost in all, so that nobody takes rejected drafts for free. What is not known stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet, Sum

from generation.models import SpendDay
from review.models import Candidate, DatasetRow, Decision
from training.models import Miniature
from training.selectors.run_cost import RunCost, run_cost

MICRO = Decimal("0.000001")
HOUR_S = 3600
# A draft that was revised more often than this is a loop in the data.
MOST_REVISIONS = 20


@dataclass(frozen=True)
class MiniatureCost:
    """What one miniature cost, in US dollars.

    Attributes:
        drafts: Drafts it learnt from, and those they revise.
        drafts_usd: What their calls cost.
        orders_usd: What the orders they came from cost in all, with failures and what was rejected.
        orders_possible_usd: What calls of unknown fate in these orders may have cost.
        decisions: Decisions on these drafts, up to the freezing of the dataset version.
        human_s: Time that people took for them, seconds; what was imported or judged in bulk took none.
        human_usd: The same at `PERSON_USD_PER_HOUR`.
        run: Its training run; its price is None where nobody entered one.
    """

    drafts: int
    drafts_usd: Decimal
    orders_usd: Decimal
    orders_possible_usd: Decimal
    decisions: int
    human_s: float
    human_usd: Decimal
    run: RunCost

    @property
    def is_whole(self) -> bool:
        """Whether every part has a price."""
        return self.run.usd is not None

    @property
    def total_usd(self) -> Decimal:
        """The parts that have a price, together; rejected drafts are not among them."""
        return self.drafts_usd + self.human_usd + (self.run.usd or Decimal(0))

    @property
    def human_minutes(self) -> float:
        """Time of people in minutes."""
        return self.human_s / 60

    def as_json(self) -> dict[str, Any]:
        """As the API gives it; money as text, exact to the millionth."""
        money = ("drafts_usd", "orders_usd", "orders_possible_usd", "human_usd", "total_usd")
        return {
            **{name: str(getattr(self, name).quantize(MICRO)) for name in money},
            "drafts": self.drafts,
            "decisions": self.decisions,
            "human_s": round(self.human_s, 1),
            "run": self.run.as_json(),
            "is_whole": self.is_whole,
        }


def of_miniature(miniature: Miniature) -> MiniatureCost:
    """What a miniature cost; seven questions, and one more for each round of revisions."""
    rows = DatasetRow.objects.filter(version_id=miniature.run.dataset_version_id).order_by()
    found = rows.aggregate(n=Count("candidate", distinct=True), usd=Sum("candidate__cost_usd"))
    older = _revised(rows)
    earlier = Candidate.objects.filter(pk__in=older).aggregate(usd=Sum("cost_usd"))
    orders = _orders(rows, older)
    judged = _judged(rows, miniature)
    human_s = float(judged["seconds"] or 0)
    return MiniatureCost(
        drafts=found["n"] + len(older),
        drafts_usd=_usd(found["usd"]) + _usd(earlier["usd"]),
        orders_usd=_usd(orders["cost"]),
        orders_possible_usd=_usd(orders["possible"]),
        decisions=judged["n"],
        human_s=human_s,
        human_usd=_usd(Decimal(str(human_s)) / HOUR_S * Decimal(str(settings.PERSON_USD_PER_HOUR))),
        run=run_cost(miniature.run),
    )


def _revised(rows: QuerySet[DatasetRow]) -> set[UUID]:
    """Drafts that those in the rows revise, over every round, without those that are rows themselves."""
    level: set[UUID] = {
        pk for pk in rows.values_list("candidate__parent_id", flat=True).exclude(candidate__parent=None) if pk
    }
    found: set[UUID] = set()
    for _ in range(MOST_REVISIONS):
        if not level:
            break
        found |= level
        parents = Candidate.objects.filter(pk__in=level).exclude(parent=None).values_list("parent_id", flat=True)
        level = {pk for pk in parents if pk} - found
    return found - set(rows.filter(candidate__in=found).values_list("candidate_id", flat=True)) if found else found


def _orders(rows: QuerySet[DatasetRow], older: set[UUID]) -> dict[str, Any]:
    jobs = set(rows.exclude(candidate__job_id=None).values_list("candidate__job_id", flat=True).distinct())
    jobs |= set(Candidate.objects.filter(pk__in=older).exclude(job_id=None).values_list("job_id", flat=True))
    days = SpendDay.objects.filter(generation_job__job__in=jobs).order_by()
    return days.aggregate(cost=Sum("cost_usd"), possible=Sum("possible_usd"))


def _judged(rows: QuerySet[DatasetRow], miniature: Miniature) -> dict[str, Any]:
    """Decisions on the drafts of the rows: of a draft that two people judged, both."""
    frozen_at = miniature.run.dataset_version.created_at
    decisions = Decision.objects.filter(
        candidate__in=rows.values("candidate"), created_at__lte=frozen_at, imported_from=None, bulk=None
    )
    return decisions.order_by().aggregate(n=Count("pk"), seconds=Sum("seconds"))


def _usd(amount: Decimal | None) -> Decimal:
    return (amount or Decimal(0)).quantize(MICRO)
