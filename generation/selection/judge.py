"""Has a judge choose the best of each record's drafts: an order of its own, paid and journalled like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from generation.diversity import judge_prompts
from generation.diversity.mix import MixSettings
from generation.models import BestOf, Call, Order, Teacher
from generation.money.estimate import estimate_sample
from generation.orders import launch
from generation.orders.launch import Quote
from generation.selection import best
from generation.states import ChosenBy, Purpose
from review.models import Draft
from web.errors import Refusal

SAMPLE = 20


def order_judging(order: Order) -> Order | None:
    """Order the judge's calls for an order whose drafts are there; the checks choose where it cannot be asked.

    Records with a single draft need no judge. None is ordered where no record has two.
    """
    drafts = best.undecided_drafts(order, [UUID(pk) for pk in dict.fromkeys(order.record_ids)])
    alone = [record_id for record_id, options in drafts.items() if len(options) == 1]
    best.choose_by_checks(order, alone)
    several = {str(record_id): options for record_id, options in drafts.items() if len(options) > 1}
    if not several:
        return None
    try:
        return _place(order, several)
    except Refusal as refusal:
        best.choose_by_checks(order, [UUID(pk) for pk in several], note=f"No judge was available: {refusal.message}")
        return None


def take_answers(judging: Order, payloads: Mapping[UUID, dict[str, Any]], calls: Mapping[UUID, Call]) -> None:
    """Take in what a judge answered; an answer that names no draft leaves the choice to the checks."""
    order, shown = judging.follows, MixSettings.model_validate(judging.variety).lineups
    if order is None:
        return
    for call_id, payload in payloads.items():
        lineup = shown.get(payload["record"], [])
        place = judge_prompts.parse_choice(str(payload["fields"].get("choice", "")), len(lineup))
        record_id = UUID(payload["record"])
        if place is None:
            best.choose_by_checks(order, [record_id], note="The judge's answer names no draft.")
            continue
        drafts = {str(draft.pk): draft for draft in best.undecided_drafts(order, [record_id]).get(record_id, [])}
        if lineup[place] in drafts:
            weights = {pk: best.check_weight(draft) for pk, draft in drafts.items()}
            best.record_best(
                order,
                list(drafts.values()),
                drafts[lineup[place]],
                by=ChosenBy.JUDGE,
                weights=weights,
                call=calls[call_id],
                lineup=lineup,
            )


def fall_back_to_checks(judging: Order) -> None:
    """Once the judge's job has ended: the checks choose where it gave no answer."""
    if judging.follows is not None:
        rest = [UUID(pk) for pk in judging.record_ids]
        best.choose_by_checks(judging.follows, rest, note="The judge gave no answer.")


def chosen_already(judging: Order) -> set[int]:
    """Places of records that have their choice, such as the checks' after a failure: a resume pays for none of them."""
    rows = BestOf.objects.filter(order=judging.follows_id).values_list("record_id", flat=True)
    record_ids = {str(pk) for pk in rows}
    return {place for place, pk in enumerate(judging.record_ids) if pk in record_ids}


def _place(order: Order, several: Mapping[str, Sequence[Draft]]) -> Order:
    variety = MixSettings.model_validate(order.variety)
    judge = Teacher.objects.filter(slug=variety.judge).first()
    if judge is None or variety.judge_spec is None:
        raise Refusal("judge", f"the teacher '{variety.judge}' is gone")
    launch.require_askable(judge)
    shown = {
        record_id: judge_prompts.shuffled(str(order.pk), [str(draft.pk) for draft in drafts])
        for record_id, drafts in several.items()
    }
    step = max(1, len(shown) // SAMPLE)
    sample = judge_prompts.judge_conversations(order, dict(list(shown.items())[::step]))
    price = estimate_sample(judge_prompts.judge_task(), list(sample.values()), variety.judge_spec, calls=len(shown))
    budget = Decimal(str(variety.judge_budget_usd))
    request = launch.OrderRequest(
        order.task,
        teacher=judge,
        count=len(shown),
        by=order.created_by,
        max_cost_usd=budget if budget or price.worst_call_usd else None,
        purpose=Purpose.JUDGING,
        seed=order.seed,
        follows=order,
    )
    quoted = Quote(order.task_version, list(shown), variety.judge_spec, price, MixSettings(lineups=shown))
    title = f"{judge.name} chooses the best of {sum(map(len, shown.values()))} drafts"[:160]
    return launch.place(request, quoted, title=title)
