"""Costs of the rows of frozen dataset versions: the calls of their drafts and the time of people who judged them.

Of exactly what was frozen: the drafts of the rows, and those that they revise. Beside it, what the orders of these
drafts cost in all, so that rejected drafts are not taken for free. Of several versions, what they share counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from generation.models import SpendDay
from generation.money.figures import millionths, time_usd
from review.models import DatasetRow, DatasetVersion, Decision, Draft

# A draft that was revised more often than this is a loop in the data.
MOST_REVISIONS: Final = 20


@dataclass(frozen=True)
class DataCost:
    """Costs of data, in US dollars.

    Attributes:
        drafts: Drafts of the rows, and those they revise.
        orders_usd: What the orders they came from cost in all, with failures and what was rejected.
        orders_possible_usd: What calls of unknown fate in these orders may have cost.
        decisions: Decisions on the drafts of the rows, up to the freezing of their version.
        human_s: Time that people took for them, seconds; what was imported or judged in bulk took none.
        human_usd: The same at `PERSON_USD_PER_HOUR`.
    """

    drafts: int
    drafts_usd: Decimal
    orders_usd: Decimal
    orders_possible_usd: Decimal
    decisions: int
    human_s: float
    human_usd: Decimal

    @property
    def usd(self) -> Decimal:
        """Drafts and people together; rejected drafts are not among them."""
        return self.drafts_usd + self.human_usd

    def as_json(self) -> dict[str, Any]:
        money = ("drafts_usd", "orders_usd", "orders_possible_usd", "human_usd")
        return {
            **{name: str(millionths(getattr(self, name))) for name in money},
            "drafts": self.drafts,
            "decisions": self.decisions,
            "human_s": round(self.human_s, 1),
        }


def of_versions(versions: Sequence[DatasetVersion]) -> DataCost:
    """Sum up what these versions cost; six questions however many they are, and one for each round of revisions."""
    rows = DatasetRow.objects.filter(version__in=[version.pk for version in versions]).order_by()
    drafts = Draft.objects.filter(pk__in=rows.values("draft")).order_by()
    totals = drafts.aggregate(n=Count("pk"), usd=Sum("cost_usd"))
    older = _revised(drafts)
    earlier = Draft.objects.filter(pk__in=older).aggregate(usd=Sum("cost_usd"))
    orders = _orders(drafts, older)
    judged = _decisions(versions)
    human_s = float(judged["seconds"] or 0)
    return DataCost(
        drafts=totals["n"] + len(older),
        drafts_usd=millionths(totals["usd"]) + millionths(earlier["usd"]),
        orders_usd=millionths(orders["cost"]),
        orders_possible_usd=millionths(orders["possible"]),
        decisions=judged["n"],
        human_s=human_s,
        human_usd=millionths(time_usd(human_s, settings.PERSON_USD_PER_HOUR)),
    )


def _revised(drafts: QuerySet[Draft]) -> set[UUID]:
    """Earlier rounds' drafts that these revise, without those among them."""
    level = _parents(drafts)
    revised: set[UUID] = set()
    for _ in range(MOST_REVISIONS):
        if not level:
            break
        revised |= level
        level = _parents(Draft.objects.filter(pk__in=level)) - revised
    return revised - set(drafts.filter(pk__in=revised).values_list("pk", flat=True)) if revised else revised


def _parents(drafts: QuerySet[Draft]) -> set[UUID]:
    return {pk for pk in drafts.exclude(parent=None).values_list("parent_id", flat=True) if pk}


def _orders(drafts: QuerySet[Draft], older: set[UUID]) -> dict[str, Any]:
    jobs = set(drafts.exclude(job_id=None).values_list("job_id", flat=True).distinct())
    jobs |= set(Draft.objects.filter(pk__in=older).exclude(job_id=None).values_list("job_id", flat=True))
    days = SpendDay.objects.filter(order__job__in=jobs).order_by()
    return days.aggregate(cost=Sum("cost_usd"), possible=Sum("possible_usd"))


def _decisions(versions: Sequence[DatasetVersion]) -> dict[str, Any]:
    """Decisions on the drafts of the rows: both of a draft that two people judged."""
    frozen = [
        Q(
            draft__in=DatasetRow.objects.filter(version=version.pk).order_by().values("draft"),
            created_at__lte=version.created_at,
        )
        for version in versions
    ]
    decisions = Decision.objects.filter(reduce(or_, frozen), imported_from=None, bulk=None)
    return decisions.order_by().aggregate(n=Count("pk"), seconds=Sum("seconds"))
