"""Acceptance without a person: a lead has drafts accepted that a judge is sure of, once experts' verdicts bear it out.

Off until a lead asks for it. The least score is fixed then, and drafts that experts judged and this judge read tell, as
they come, whether no more than the bound is wrong above it (see `stats.risk_control`); until they do the rule waits.
What reaches it and waits in the order of the queue is accepted, but for a share that is left to experts by lot; they do
not know which. Drafts of the random sample are never taken, so rates stay unbiased, nor such as go somewhere once they
are accepted. It writes no decision and no gold: what a person says of such a draft counts alone.
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
SHARE, BOUND, AUDIT_SHARE = 0.3, 0.02, 0.1
SHARES, BOUNDS, AUDIT_SHARES = (0.05, 1.0), (0.005, 0.2), (0.05, 0.5)
_LIMITS = (
    ("share", SHARES, "of what it passes"),
    ("bound", BOUNDS, "may be wrong"),
    ("audit_share", AUDIT_SHARES, "are audited"),
)
# So many audited drafts may wait for an expert; until one of them is judged no more are accepted.
MOST_UNREAD = 50
_CHUNK = 500


def start(
    task: Task,
    judge: Teacher,
    *,
    by: Member,
    share: float = SHARE,
    bound: float = BOUND,
    audit_share: float = AUDIT_SHARE,
) -> AcceptanceRule:
    """Have a judge accept drafts once verdicts bear it out; where they do already, those it read are accepted at once.

    Args:
        judge: It has read drafts of the latest version.
        share: Of what it passes, 0 to 1: the drafts that it is surest of.
        bound: At most this share of what is accepted may be wrong.
        audit_share: Of what could be accepted this share is left to experts.

    Returns:
        The rule. One that verdicts do not bear out yet has no threshold, and waits.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `acceptance_invalid`, a share outside its limits; `acceptance_on`, a rule is in force or waits already;
            `nothing_passed`, the judge passed no draft.
    """
    require(by, task, Role.LEAD)
    _check(share=share, bound=bound, audit_share=audit_share)
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        if evidence.active(task) is not None:
            raise Refusal(
                "acceptance_on", "A judge accepts drafts of this task already.", hint="End it first.", status=409
            )
        word = evidence.Word(judge.slug, judge.model, rubric.PROMPT_VERSION, latest_version(task))
        passed = evidence.passed(task, word)
        if not passed:
            raise Refusal(
                "nothing_passed",
                "This judge passed no draft of the latest task version.",
                hint="Have it read drafts first. Nothing was changed.",
            )
        rule = AcceptanceRule.objects.create(
            task=task,
            task_version=word.version,
            judge=word.judge,
            judge_model=word.model,
            prompt_version=word.prompt_version,
            bound=bound,
            audit_share=audit_share,
            attempt=evidence.attempts(word) + 1,
            proposed=risk_control.surest(passed, share),
            started_by=by,
        )
        trail.record("acceptance_tried", by=by, about=rule, task=task.slug, judge=judge.slug)
    accept(rule)
    rule.refresh_from_db()
    if rule.is_active and not rule.is_borne_out:
        # What it waits for comes sooner.
        ordering.order_anew(task.pk)
    return rule


def _check(**shares: float) -> None:
    wrong = {
        name: [f"Between {low * 100:g} and {high * 100:g} % {words}."]
        for name, (low, high), words in _LIMITS
        if not low <= shares[name] <= high
    }
    if wrong:
        first = next(iter(wrong.values()))[0]
        raise Refusal("acceptance_invalid", first, hint="Nothing was changed.", errors=wrong)


def error_of(attempt: int) -> float:
    """The chance to err that the n-th try spends. A rule waits as long as it must, so a second try is rare."""
    return risk_control.spent(attempt, first=0.8)


def _weigh(rule: AcceptanceRule) -> None:
    """Check a waiting rule's verdicts: they bear it out, show that more than the bound is wrong, or neither yet."""
    assert rule.proposed is not None
    counts, error = evidence.counted(rule.task, evidence.word_of(rule), rule.proposed), error_of(rule.attempt)
    rule.wrong, rule.of = counts.wrong, counts.of
    if risk_control.is_borne_out(counts.wrong, counts.of, rule.bound, error=error):
        rule.threshold = rule.proposed
    rule.save(update_fields=["wrong", "of", "threshold"])
    if rule.is_borne_out:
        ordering.order_anew(rule.task_id)
        trail.record("acceptance_borne_out", by=None, about=rule, task=rule.task.slug, wrong=rule.wrong, of=rule.of)
    elif risk_control.is_broken(counts.wrong, counts.of, rule.bound):
        why = (
            f"Not confirmed: of the {rule.of:,} drafts that the judge is surest of, experts disagreed on "
            f"{rule.wrong:,}; at most {rule.bound * 100:g} % may be wrong."
        )
        _end(rule, why, by=None)


def look_after(task_id: UUID) -> int:
    """End a task's rule where it holds no more, else accept, and count, what its judge has read since."""
    rule = evidence.active(task_id)
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
    """Accept, by a rule that verdicts bear out, what waits and reaches its threshold; a share is left to experts.

    Returns:
        How many drafts were accepted; 0 where the rule ended instead, or goes on waiting for verdicts.
    """
    held = AcceptanceRule.objects.select_for_update(of=("self",)).select_related("task", "task_version", "started_by")
    rule = held.get(pk=rule.pk)
    if not rule.is_active:
        return 0
    audit = evidence.audit_of(rule)
    if why := _why_over(rule, audit):
        _end(rule, why, by=None)
        return 0
    if not rule.is_borne_out:
        _weigh(rule)
    if not rule.is_borne_out:
        return 0
    choices = _choose(rule, MOST_UNREAD - audit.unread)
    draft_ids = [choice.draft_id for choice in choices if not choice.is_audit]
    moved = 0
    for chunk in chunked(draft_ids, _CHUNK):
        moved += Draft.objects.filter(pk__in=chunk, state=DraftState.PENDING).update(state=DraftState.MACHINE)
    MachineAcceptance.objects.bulk_create(choices, batch_size=_CHUNK)
    if moved:
        trail.record("drafts_machine_accepted", by=None, about=rule, task=rule.task.slug, count=moved)
    return moved


def _choose(rule: AcceptanceRule, unread: int) -> list[MachineAcceptance]:
    """Draw drafts for a rule until so many more audited ones would wait."""
    word = evidence.word_of(rule)
    assert rule.threshold is not None
    reached: dict[UUID, tuple[UUID, float]] = {}
    columns = ("draft", "judging", "meets", "confidence")
    for draft, judging, meets, confidence in evidence.read(rule.task, word).values_list(*columns):
        sure = evidence.score(meets, confidence)
        if draft is not None and sure >= rule.threshold:
            reached.setdefault(draft, (judging, sure))
    choices: list[MachineAcceptance] = []
    seed = rule.task.seed
    for pk in sorted(_free(rule, list(reached)), key=lambda pk: ordering.lot(seed, pk, of="turn")):
        if unread <= 0:
            break
        is_audit = ordering.lot(seed, pk, of="audit") < rule.audit_share
        unread -= is_audit
        judging, sure = reached[pk]
        choices.append(MachineAcceptance(rule=rule, draft_id=pk, judging_id=judging, score=sure, is_audit=is_audit))
    return choices


def _free(rule: AcceptanceRule, ids: Sequence[UUID]) -> list[UUID]:
    """Filter drafts that wait in queue order, were never judged, and go nowhere once they are accepted."""
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
    """Reason why a rule holds no more; empty where it does."""
    if risk_control.is_broken(audit.wrong, audit.judged, rule.bound):
        return (
            f"The audit no longer confirms it: of {audit.judged:,} drafts that experts read, {audit.wrong:,} were "
            f"wrong, and at most {rule.bound * 100:g} % may be."
        )
    if latest_version(rule.task).pk != rule.task_version_id:
        return "The task has a new version."
    if rule.prompt_version != rubric.PROMPT_VERSION:
        return "The judge's prompt has changed."
    model = Teacher.objects.filter(slug=rule.judge).values_list("model", flat=True).first()
    if model != rule.judge_model:
        return "The judge is another model now." if model else "The judge is gone."
    if rule.started_by is None or not rule.started_by.is_active:
        return "The member who started it is no longer a member."
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
