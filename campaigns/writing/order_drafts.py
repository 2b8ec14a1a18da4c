"""Order the drafts of mails, one order per arm, step and branch for records without a draft, and collect the results.

Two contacts with the same facts share a record, and so a draft. Every step here is one transaction under the
campaign's row lock, from what the rows say: after a crash the next tick finds either all of it or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.compose import threads
from campaigns.compose.threads import written_from
from campaigns.models import Campaign, Message, Stage, Step, WriteOrder
from campaigns.pipelines import routes, run
from campaigns.pipelines.queries import routed_writing
from campaigns.pipelines.routes import StageAnswers
from campaigns.states import CampaignState, MessageState, StepWriter
from campaigns.writing import drafts_written, sequences, wake_tick
from campaigns.writing import orders as writing_orders
from generation.models import Order, Teacher
from generation.money.figures import MICRO
from generation.orders import launch
from generation.orders.launch import OrderRequest, Quote
from generation.states import Purpose
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.db.chunks import chunked
from web.errors import Refusal

T = TypeVar("T")
CHUNK = 500
NO_MODEL = Refusal("arm_without_model", "The arm of this mail has no model to write it.")
NO_RECORD = "The contact has no facts to write from."


def take_drafts(campaign: Campaign) -> int:
    """Give mails that are being written the drafts that came, and fail those whose order ended without one. Count them.

    Runs inside the tick's transaction.
    """
    moved = 0
    writers = Writers(campaign)
    for batch in _waiting(campaign, MessageState.WRITING):
        answers = writers.answers(batch)
        moved += _assign_draft(batch, answers.drafts, source=MessageState.WRITING)
        for turn in answers.turns:
            # The next order asks these, as those of stages are.
            passed_on = turn.cut_short | set(turn.never_asked if writers.stage(batch) is not None else ())
            moved += _move(batch.mails(passed_on), source=MessageState.WRITING, state=MessageState.PLANNED)
            under_way = drafts_written.records_under_way(turn.orders) | passed_on
            for chunk in chunked([record for record in turn.records if record not in under_way], CHUNK):
                reasons = drafts_written.reasons_without_draft(turn.orders, chunk)
                repeated = {record: answers.repeated[record] for record in chunk if record in answers.repeated}
                moved += _fail(batch, reasons | repeated)
    return moved


def order_drafts(campaign: Campaign) -> list[WriteOrder]:
    """Order the drafts of planned mails. Fixed texts need none, and a record that has its draft is not written twice.

    Runs inside the tick's transaction. What cannot be ordered fails with the reason, and may be asked for again.
    """
    _take_fixed_texts(campaign)
    lacking: list[DraftsWanted] = []
    writers = Writers(campaign)
    for batch in _waiting(campaign, MessageState.PLANNED):
        answers = writers.answers(batch)
        _assign_draft(batch, answers.drafts, source=MessageState.PLANNED)
        for turn in answers.turns:
            under_way = drafts_written.records_under_way(turn.orders)
            under_way_already = [record for record in turn.records if record in under_way]
            _move(batch.mails(under_way_already), source=MessageState.PLANNED, state=MessageState.WRITING)
            if fresh := {record: batch.by_record[record] for record in turn.records if record not in under_way}:
                lacking.append(replace(batch, by_record=fresh, teacher=turn.teacher))
    return _launch(campaign, lacking)


@transaction.atomic
def write_again(campaign: Campaign, *, by: Member) -> int:
    """Plan failed mails again: only those that failed before they had a text, never one that was on the wire.

    A follow-up whose reader has answered since, or must not be written to, stays as it is.

    Args:
        campaign: A campaign that has not ended.

    Returns:
        How many will be written again; 0 when none failed so.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `campaign_state`, it is a draft or has ended.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    # Whoever ends the campaign holds this row: no mail of an ended one is planned.
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if campaign.state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        raise Refusal("campaign_state", "Only a campaign that is launched and has not ended writes mails.", status=409)
    failed = sequences.to_write_again(campaign)
    # Ids first: an UPDATE over a join would not ask the state again of a row that it had to wait for.
    ids = list(failed.order_by("pk").values_list("pk", flat=True))
    at_a_stage = run.prepare_again(ids)
    again = [pk for pk in ids if pk not in at_a_stage]
    count = _move(again, source=MessageState.FAILED, state=MessageState.PLANNED, problem="")
    count += _move(list(at_a_stage), source=MessageState.FAILED, state=MessageState.PREPARING, problem="")
    if count:
        wake_tick.wake_after_commit()
    return count


def _waiting(campaign: Campaign, state: MessageState) -> Iterator[DraftsWanted]:
    """Mails in a state whose words a model writes, by arm, step and branch; those without a record fail here."""
    rows = Message.objects.filter(campaign=campaign, state=state, step__writer=StepWriter.MODEL)
    branch_by_mail = threads.branches_of(campaign, rows)
    groups: dict[tuple[UUID, UUID, str], dict[UUID, list[UUID]]] = {}
    orphans: list[UUID] = []
    row_ids: Any = rows.order_by("created_at", "id").values_list("pk", "arm_id", "step_id", written_from())
    for pk, arm_id, step_id, record_id in row_ids.iterator(chunk_size=2000):
        if record_id is None or arm_id is None:
            orphans.append(pk)
        else:
            group = arm_id, step_id, branch_by_mail.get(pk, "")
            groups.setdefault(group, defaultdict(list))[record_id].append(pk)
    _move(orphans, source=state, state=MessageState.FAILED, problem=NO_RECORD)
    for group, by_record in groups.items():
        yield DraftsWanted(*group, by_record)


def _take_fixed_texts(campaign: Campaign) -> int:
    fixed = Message.objects.filter(
        campaign=campaign, state=MessageState.PLANNED, step__in=campaign.steps.filter(writer=StepWriter.TEMPLATE)
    )
    return fixed.update(state=MessageState.WRITTEN, updated_at=timezone.now())


def _assign_draft(batch: DraftsWanted, drafts: dict[UUID, UUID], *, source: MessageState) -> int:
    rows = [Message(pk=mail, draft_id=draft) for record, draft in drafts.items() for mail in batch.by_record[record]]
    # What was stopped meanwhile is not in `source` any more, and stays as it is. Only what differs goes row by row.
    Message.objects.filter(state=source).bulk_update(rows, ["draft"], batch_size=CHUNK)
    return _move([row.pk for row in rows], source=source, state=MessageState.WRITTEN, problem="")


def _fail(batch: DraftsWanted, reasons: dict[UUID, str]) -> int:
    by_reason: dict[str, list[UUID]] = defaultdict(list)
    for record, reason in reasons.items():
        by_reason[reason[:300]] += batch.by_record[record]
    return sum(
        _move(mails, source=MessageState.WRITING, state=MessageState.FAILED, problem=reason)
        for reason, mails in by_reason.items()
    )


def _launch(campaign: Campaign, lacking: Sequence[DraftsWanted]) -> list[WriteOrder]:
    steps = {step.pk: step for step in campaign.steps.all()}
    requests = {
        batch.group: _request(campaign, batch, batch.teacher, steps[batch.step_id])
        for batch in lacking
        if batch.teacher is not None
    }
    quotes = {group: _or_refusal(launch.quote, request) for group, request in requests.items()}
    caps = _caps(campaign, {group: quote for group, quote in quotes.items() if isinstance(quote, Quote)})
    launched = []
    for batch in lacking:
        order: Order | Refusal
        quoted = quotes.get(batch.group, NO_MODEL)
        if isinstance(quoted, Refusal):
            order = quoted
        else:
            # Who launched the campaign was checked then; the product orders what that asked for.
            order = _or_refusal(launch.launch, replace(requests[batch.group], max_cost_usd=caps.get(batch.group)))
        mails = batch.mails(batch.by_record)
        if isinstance(order, Refusal):
            if order.code in ("budget_too_small", "budget_used_up") and writing_orders.any_under_way(campaign):
                # What other orders were promised and do not need comes back; these mails wait for it.
                continue
            reason = f"{order.message} {order.hint}".strip()[:300]
            _move(mails, source=MessageState.PLANNED, state=MessageState.FAILED, problem=reason)
            continue
        launched.append(
            WriteOrder.objects.create(
                campaign=campaign, arm_id=batch.arm_id, step_id=batch.step_id, branch=batch.branch, order=order
            )
        )
        _move(mails, source=MessageState.PLANNED, state=MessageState.WRITING)
    return launched


def _request(campaign: Campaign, batch: DraftsWanted, teacher: Teacher, step: Step) -> OrderRequest:
    mail_by_record = {record: mails[0] for record, mails in batch.by_record.items()}
    return OrderRequest(
        campaign.task,
        teacher=teacher,
        count=len(batch.by_record),
        by=None,
        record_ids=list(batch.by_record),
        version=campaign.task_version,
        purpose=Purpose.CAMPAIGN,
        threads=threads.sent_before_by_record(campaign, step=step, mail_by_record=mail_by_record),
    )


def _or_refusal(service: Callable[[OrderRequest], T], request: OrderRequest) -> T | Refusal:
    try:
        return service(request)
    except Refusal as refusal:
        return refusal


def _caps(campaign: Campaign, quotes: dict[Group, Quote]) -> dict[Group, Decimal]:
    """Share what is left among paid orders in proportion to their upper estimates, to each no more than it may need.

    Each gets its dearest call first, where that leaves enough for the others': a small arm is written too.
    """
    paid = {group: quote for group, quote in quotes.items() if quote.estimate.worst_call_usd > 0}
    if not paid:
        return {}
    left = writing_orders.budget_left_usd(campaign)
    least = {group: quote.least_budget_usd for group, quote in paid.items()}
    if sum(least.values()) > left:
        least = dict.fromkeys(paid, Decimal(0))
    rest = left - sum(least.values())
    weights = {group: Decimal(str(quote.estimate.cost_high_usd)) for group, quote in paid.items()}
    whole = sum(weights.values()) or Decimal(1)
    shares = {group: (rest * weight / whole).quantize(MICRO, rounding=ROUND_DOWN) for group, weight in weights.items()}
    return {group: min(least[group] + share, paid[group].suggested_budget_usd) for group, share in shares.items()}


def _move(mails: Sequence[UUID], *, source: MessageState, state: MessageState, **values: Any) -> int:
    """Move only mails whose state has not changed since they were read."""
    now = timezone.now()
    return sum(
        Message.objects.filter(pk__in=chunk, state=source).update(state=state, updated_at=now, **values)
        for chunk in chunked(mails, CHUNK)
    )


# Arm, step, what its readers got before where that differs, and who writes.
Group = tuple[UUID, UUID, str, UUID | None]


@dataclass(frozen=True, slots=True)
class DraftsWanted:
    """Mails of one arm, step and branch, by the record they are to be written from."""

    arm_id: UUID
    step_id: UUID
    branch: str
    by_record: dict[UUID, list[UUID]]
    # Who is to write them next; none before that is known, and where nobody can.
    teacher: Teacher | None = None

    @property
    def group(self) -> Group:
        return self.arm_id, self.step_id, self.branch, self.teacher.pk if self.teacher is not None else None

    def orders(self, campaign: Campaign) -> list[Order]:
        return list(writing_orders.of_step(campaign, arm_id=self.arm_id, step_id=self.step_id, branch=self.branch))

    def mails(self, records: Iterable[UUID]) -> list[UUID]:
        return [mail for record in records for mail in self.by_record[record]]


class Writers:
    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._arms = {arm.pk: arm for arm in campaign.arms.select_related("teacher")}
        self._routed = routed_writing(campaign)

    def stage(self, batch: DraftsWanted) -> Stage | None:
        """The stage whose router says who writes; none where the arm's model does."""
        return self._routed.get((batch.arm_id, batch.step_id))

    def answers(self, batch: DraftsWanted) -> StageAnswers:
        teacher, there = self._arms[batch.arm_id].teacher, batch.orders(self._campaign)
        return routes.answers(self._campaign, self.stage(batch), teacher, there, batch.by_record)
