"""Has a judge choose the best of each record's drafts: an order of its own, paid, journalled and accounted like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from generation import estimates
from generation.engine.diversity import choosing
from generation.models import Call, Order, Teacher
from generation.services import orders
from generation.services.orders import Quote
from generation.services.variety import best, lineups, pricing
from generation.states import ChosenBy, Purpose
from generation.variety import Variety
from review.models import Draft
from web.errors import Refusal

SAMPLE = 20


def place(order: Order) -> Order | None:
    """Order the judge's calls for an order whose drafts are there; the checks choose where it cannot be asked.

    Records with a single draft need no judge. None is ordered where no record has two.
    """
    drafts = best.free(order, [UUID(pk) for pk in dict.fromkeys(order.record_ids)])
    alone = [record_id for record_id, found in drafts.items() if len(found) == 1]
    best.by_checks(order, alone)
    several = {str(record_id): found for record_id, found in drafts.items() if len(found) > 1}
    if not several:
        return None
    try:
        return _place(order, several)
    except Refusal as refusal:
        best.by_checks(order, [UUID(pk) for pk in several], note=f"No judge could be asked: {refusal.message}")
        return None


def take(judging: Order, told: Mapping[UUID, dict[str, Any]], calls: Mapping[UUID, Call]) -> None:
    """Take in what a judge answered; an answer that names no draft leaves the choice to the checks."""
    order, shown = judging.follows, Variety.model_validate(judging.variety).lineups
    if order is None:
        return
    for call_id, one in told.items():
        lineup = shown.get(one["record"], [])
        place = choosing.chosen(str(one["fields"].get("choice", "")), len(lineup))
        record_id = UUID(one["record"])
        if place is None:
            best.by_checks(order, [record_id], note="The judge's answer names no draft.")
            continue
        found = {str(draft.pk): draft for draft in best.free(order, [record_id]).get(record_id, [])}
        if lineup[place] in found:
            weights = {pk: best.weight(draft) for pk, draft in found.items()}
            best.put(
                order, list(found.values()), found[lineup[place]], by=ChosenBy.JUDGE, weights=weights,
                call=calls[call_id], shown=lineup,
            )  # fmt: skip


def close(judging: Order) -> None:
    """Once the judge's job has ended: the checks choose where it gave no answer."""
    if judging.follows is not None:
        rest = [UUID(pk) for pk in judging.record_ids]
        best.by_checks(judging.follows, rest, note="The judge gave no answer.")


def _place(order: Order, several: Mapping[str, Sequence[Draft]]) -> Order:
    variety = Variety.model_validate(order.variety)
    judge = Teacher.objects.filter(slug=variety.judge).first()
    if judge is None or variety.judge_spec is None:
        raise Refusal("judge", f"the teacher '{variety.judge}' is gone")
    orders.askable(judge)
    shown = {
        record_id: choosing.shuffled(str(order.pk), [str(draft.pk) for draft in drafts])
        for record_id, drafts in several.items()
    }
    step = max(1, len(shown) // SAMPLE)
    sample = lineups.conversations(order, dict(list(shown.items())[::step]))
    parts = [estimates.of_conversation(choosing.task(), asked, variety.judge_spec) for asked in sample.values()]
    price = pricing.scaled(pricing.together(parts), calls=len(shown))
    budget = Decimal(str(variety.judge_budget_usd))
    return orders.place(
        order.task,
        Quote(order.task_version, list(shown), variety.judge_spec, price, Variety(lineups=shown)),
        title=f"{judge.name} chooses the best of {sum(map(len, shown.values()))} drafts"[:160],
        teacher=judge,
        count=len(shown),
        by=order.created_by,
        max_cost_usd=budget if budget or price.worst_call_usd else None,
        purpose=Purpose.JUDGING,
        seed=order.seed,
        follows=order,
    )
