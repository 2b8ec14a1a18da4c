"""Acceptance without a person: a lead has drafts accepted that a judge is sure of, as far as experts' verdicts bear it out.

Off until a lead asks for it. Of the drafts that experts judged and this judge read, its own sample, a threshold is looked for
above which no more than the bound is wrong (see `stats.risk_control`); every try costs some of the confidence. What
reaches it and waits in the order of the queue is accepted, but for a share that is left to experts by lot; they do not know
which. Drafts of the random sample are never taken, so rates stay unbiased, nor such as go somewhere once they are accepted.
It writes no decision and no gold: what a person says of such a draft counts alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit import trail
from generation.judges import rubric
from generation.judges.acceptance import evidence
from generation.models import Teacher
from members.models import Member
from review import ports
from review.desk import ordering, queues
from review.models import AcceptanceRule, Draft, MachineAcceptance, Task
from review.states import DraftState, Role
from review.tasks.permissions import require
from review.tasks.queries import latest_version
from stats import risk_control
from web.db.chunks import chunked
from web.errors import Refusal
from webhooks.deliveries import publish

logger = logging.getLogger(__name__)
BOUND, AUDIT_SHARE = 0.02, 0.1
BOUNDS, AUDIT_SHARES = (0.005, 0.2), (0.05, 0.5)
# So many audited drafts may wait for an expert; until one of them is judged no more are accepted.
MOST_UNREAD = 50
_CHUNK = 500


def start(
    task: Task, judge: Teacher, *, by: Member, bound: float = BOUND, audit_share: float = AUDIT_SHARE
) -> AcceptanceRule:
    """Try to have a judge accept drafts; where verdicts bear it out, those that it read are accepted at once.

    Returns:
        The rule. One that verdicts do not bear out has no threshold, is over, and says why; it counts as a try.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `acceptance_invalid`, a share outside its limits; `acceptance_on`, a rule accepts drafts already;
            `too_few_verdicts`, which is no try.
    """
    require(by, task, Role.LEAD)
    _check(bound, audit_share)
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        if evidence.active(task) is not None:
            raise Refusal(
                "acceptance_on", "A judge accepts drafts of this task already.", hint="End it first.", status=409
            )
        said = evidence.Word(judge.slug, judge.model, rubric.PROMPT_VERSION, latest_version(task))
        rule = _tried(said, evidence.known(task, said), bound=bound, audit_share=audit_share, by=by)
        trail.record("acceptance_tried", by=by, about=rule, task=task.slug, judge=judge.slug, borne_out=rule.is_active)
    if rule.is_active:
        accept(rule)
    return rule


def _check(bound: float, audit_share: float) -> None:
    wrong = {}
    if not BOUNDS[0] <= bound <= BOUNDS[1]:
        wrong["bound"] = [f"Between {BOUNDS[0] * 100:g} and {BOUNDS[1] * 100:g} % may be wrong."]
    if not AUDIT_SHARES[0] <= audit_share <= AUDIT_SHARES[1]:
        wrong["audit_share"] = [f"Between {AUDIT_SHARES[0] * 100:g} and {AUDIT_SHARES[1] * 100:g} % are audited."]
    if wrong:
        first = next(iter(wrong.values()))[0]
        raise Refusal("acceptance_invalid", first, hint="Nothing was changed.", errors=wrong)


def _tried(
    said: evidence.Word, verdicts: evidence.KnownScores, *, bound: float, audit_share: float, by: Member
) -> AcceptanceRule:
    attempt = evidence.attempts(said) + 1
    level = risk_control.spent(attempt)
    missing = risk_control.fewest(bound, level=level) - len(verdicts.scores)
    if missing > 0:
        raise Refusal(
            "too_few_verdicts",
            f"Experts judged {len(verdicts.scores):,} drafts that this judge passes. At least {missing:,} more are needed.",
            hint="Have more drafts judged, and have the judge read them. Nothing was tried.",
        )
    among = [*verdicts.scores, *evidence.waiting(said.version.task, said)]
    found = risk_control.safe_threshold(verdicts.scores, verdicts.wrong, bound=bound, level=level, among=among)
    rule = AcceptanceRule(
        task_id=said.version.task_id,
        task_version=said.version,
        judge=said.judge,
        judge_model=said.model,
        prompt_version=said.prompt_version,
        bound=bound,
        audit_share=audit_share,
        attempt=attempt,
        started_by=by,
    )
    if found is not None:
        rule.threshold, rule.wrong, rule.of = found.score, found.wrong, found.of
    else:
        best = max(verdicts.scores)
        above = [wrong for score, wrong in zip(verdicts.scores, verdicts.wrong, strict=True) if score >= best]
        rule.wrong, rule.of, rule.ended_at = sum(above), len(above), timezone.now()
        more = risk_control.further_needed(rule.wrong, rule.of, bound, level=risk_control.spent(attempt + 1))
        rule.ended_why = (
            f"Not borne out: of {rule.of:,} drafts that the judge is surest of, experts took {rule.wrong:,} otherwise. "
            f"At least {more:,} more verdicts are needed, all of them accepting."
        )
    rule.save(force_insert=True)
    return rule


def look_after(task_id: UUID) -> int:
    """End a task's rule where it holds no more, else accept what its judge has read since.

    Returns:
        How many drafts were accepted.
    """
    rule = AcceptanceRule.objects.filter(task=task_id, ended_at__isnull=True).select_related("task").first()
    return accept(rule) if rule is not None else 0


def look_after_all() -> None:
    """The same for every task with a rule; where one fails, the others are looked after all the same."""
    for task_id in list(AcceptanceRule.objects.filter(ended_at__isnull=True).values_list("task", flat=True)):
        try:
            look_after(task_id)
        except Exception:
            logger.exception("Acceptance of the task %s could not be looked after; the next look tries again.", task_id)


@transaction.atomic
def accept(rule: AcceptanceRule) -> int:
    """Accept, by a rule in force, what waits and reaches its threshold; a share of it is left to experts instead.

    Returns:
        How many drafts were accepted; 0 where the rule ended instead.
    """
    held = AcceptanceRule.objects.select_for_update(of=("self",)).select_related("task", "task_version", "started_by")
    rule = held.get(pk=rule.pk)
    if not rule.is_active or rule.threshold is None:
        return 0
    audit = evidence.audit_of(rule)
    if why := _why_over(rule, audit):
        _end(rule, why, by=None)
        return 0
    chosen = _choose(rule, MOST_UNREAD - audit.unread)
    taken = [one.draft_id for one in chosen if not one.is_audit]
    moved = 0
    for chunk in chunked(taken, _CHUNK):
        moved += Draft.objects.filter(pk__in=chunk, state=DraftState.PENDING).update(state=DraftState.MACHINE)
    MachineAcceptance.objects.bulk_create(chosen, batch_size=_CHUNK)
    if moved:
        trail.record("drafts_machine_accepted", by=None, about=rule, task=rule.task.slug, count=moved)
    return moved


def _choose(rule: AcceptanceRule, unread: int) -> list[MachineAcceptance]:
    """Drafts for a rule, by lot, until so many more audited ones would wait."""
    said = evidence.word_of(rule)
    assert rule.threshold is not None
    reached: dict[UUID, tuple[UUID, float]] = {}
    told = ("draft", "judging", "meets", "confidence")
    for draft, judging, meets, confidence in evidence.read(rule.task, said).values_list(*told):
        sure = evidence.score(True, meets, confidence)
        if draft is not None and sure >= rule.threshold:
            reached.setdefault(draft, (judging, sure))
    chosen: list[MachineAcceptance] = []
    seed = rule.task.seed
    for pk in sorted(_free(rule, list(reached)), key=lambda pk: ordering.lot(seed, pk, of="turn")):
        if unread <= 0:
            break
        is_audit = ordering.lot(seed, pk, of="audit") < rule.audit_share
        unread -= is_audit
        judging, sure = reached[pk]
        chosen.append(MachineAcceptance(rule=rule, draft_id=pk, judging_id=judging, score=sure, is_audit=is_audit))
    return chosen


def _free(rule: AcceptanceRule, ids: Sequence[UUID]) -> list[UUID]:
    """Those of some drafts that wait in the order of the queue, were never judged, and go nowhere once they are accepted."""
    free: list[UUID] = []
    # Locked by id, as whoever recalls or imports locks them: no two wait for each other.
    for chunk in chunked(sorted(ids), _CHUNK):
        waiting = queues.in_order(rule.task).filter(
            queues.NOT_ASIDE, pk__in=chunk, machine_acceptance__isnull=True, decisions__isnull=True
        )
        locked = list(waiting.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        bound_for = ports.destinations(locked, rule.started_by) if rule.started_by else {}
        free += [pk for pk in locked if pk not in bound_for]
    return free


def _why_over(rule: AcceptanceRule, audit: evidence.Audit) -> str:
    """Why a rule holds no more; empty where it does."""
    if risk_control.is_broken(audit.wrong, audit.judged, rule.bound):
        return (
            f"The audit does not bear it out any more: of {audit.judged:,} drafts that experts read, {audit.wrong:,} were wrong, "
            f"and at most {rule.bound * 100:g} % may be."
        )
    if latest_version(rule.task).pk != rule.task_version_id:
        return "The task has a new version."
    if rule.prompt_version != rubric.PROMPT_VERSION:
        return "The judge is asked in other words now."
    model = Teacher.objects.filter(slug=rule.judge).values_list("model", flat=True).first()
    if model != rule.judge_model:
        return "The judge is another model now." if model else "The judge is gone."
    if rule.started_by is None or not rule.started_by.is_active:
        return "Who started it is no member any more."
    return ""


@transaction.atomic
def end(task: Task, *, by: Member) -> AcceptanceRule:
    """Accept no more drafts of a task. What was accepted stays so until it is recalled or a person judges it.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `acceptance_off`, no rule is in force.
    """
    require(by, task, Role.LEAD)
    rule = AcceptanceRule.objects.select_for_update(of=("self",)).filter(task=task, ended_at__isnull=True).first()
    if rule is None:
        raise Refusal(
            "acceptance_off", "No judge accepts drafts of this task.", hint="There is nothing to end.", status=409
        )
    _end(rule, "Ended by a lead.", by=by)
    return rule


def _end(rule: AcceptanceRule, why: str, *, by: Member | None) -> None:
    rule.ended_at, rule.ended_why = timezone.now(), why[:300]
    rule.save(update_fields=["ended_at", "ended_why"])
    trail.record("acceptance_ended", by=by, about=rule, task=rule.task.slug)
    data = {"rule": str(rule.pk), "task": rule.task.slug, "why": rule.ended_why}
    publish.publish("acceptance.ended", key=str(rule.pk), task_slug=rule.task.slug, data=data)
