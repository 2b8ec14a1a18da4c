"""Orders a teacher's answers on claims.

Priced first, paid for and journalled like any order, one call a claim, none twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from audit import trail
from generation.claims import prompt
from generation.engine.contracts import TeacherSpec
from generation.judges import launch as judges
from generation.models import Call, ClaimCheck, Order, Teacher
from generation.orders import launch as orders
from generation.orders.launch import OrderRequest, Quote
from generation.states import CallState, Purpose, Settlement
from jobs.states import FINISHED
from members.models import Member
from review.models import Task
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from review.text.verification.finding import Claim, Verification
from web.errors import Refusal

MOST: Final = 5_000


def quote(task: Task, claims: Sequence[Claim], *, teacher: Teacher, by: Member) -> Quote:
    """Check an order for answers on claims and price it; writes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `cannot_verify`, `no_claims`, `too_many_claims`, or as a teacher that cannot be asked is refused.
    """
    permissions.require(by, task, Role.LEAD)
    if not teacher.follows_instructions:
        message = f"{teacher.name} writes one task's texts and cannot check claims."
        raise Refusal("cannot_verify", message, hint="Choose another teacher.", errors={"teacher": [message]})
    if not claims:
        raise Refusal("no_claims", "There is no claim to check.", hint="Enter some claims.")
    if len(claims) > MOST:
        message = f"{len(claims):,} claims; a teacher checks at most {MOST:,} an order."
        raise Refusal("too_many_claims", message, hint="Split the file.", errors={"claims": [message]})
    sample = judges.sampled(claims, length=lambda claim: len(claim.source + claim.text))
    calls = [prompt.conversation(claim) for claim in sample]
    return judges.priced(latest_version(task), calls, judge=teacher, answered=prompt.ANSWER_TASK, count=len(claims))


@transaction.atomic
def ask(
    task: Task, claims: Sequence[Claim], *, teacher: Teacher, by: Member, max_cost_usd: Decimal | None
) -> list[ClaimCheck]:
    """Order answers on the claims that this teacher was not asked of before; returns the orders that are still to end.

    Who comes again after an interruption, or asks of the same file twice, pays for no claim twice: what was answered is
    `answers`', what is being asked is waited for, and a call of unknown fate is held until somebody has settled it.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `quote`, or `budget_missing`, `budget_too_small`, `budget_used_up`.
    """
    permissions.require(by, task, Role.LEAD)
    # Two at once would ask the same.
    Task.objects.select_for_update().get(pk=task.pk)
    earlier = list(_checks(task, teacher))
    under_way = _under_way(earlier)
    known_keys = {key_of(claim) for claim in [*_claims_of(under_way), *_uncertain(earlier)]} | answers(
        task, teacher
    ).keys()
    # The same claim twice in a file is one question.
    fresh = list({key_of(claim): claim for claim in claims if key_of(claim) not in known_keys}.values())
    if fresh:
        under_way.append(_place(task, fresh, teacher=teacher, by=by, max_cost_usd=max_cost_usd))
    return under_way


def _place(
    task: Task, claims: Sequence[Claim], *, teacher: Teacher, by: Member, max_cost_usd: Decimal | None
) -> ClaimCheck:
    quoted = quote(task, claims, teacher=teacher, by=by)
    request = OrderRequest(
        task, teacher=teacher, count=len(claims), by=by, max_cost_usd=max_cost_usd, purpose=Purpose.CLAIMS
    )
    order = orders.place(request, quoted, title=f"{teacher.name} checks {len(claims):,} claims"[:160])
    made = ClaimCheck.objects.create(
        task=task,
        order=order,
        asked_as=asked_as(quoted.teacher),
        claims=[[claim.source, claim.text] for claim in claims],
        created_by=by,
    )
    trail.record("claims_checked", by=by, about=order, task=task.slug, teacher=teacher.slug, count=len(claims))
    return made


def answers(task: Task, teacher: Teacher) -> dict[str, Verification]:
    """Return what a teacher, as it is now, has said of claims in this task's orders, by key; the newest counts."""
    verifications: dict[str, Verification] = {}
    for check in _checks(task, teacher):
        claims = list(_claims_of([check]))
        for place, fields in check.order.kept_answers().values_list("position", "fields"):
            answer = prompt.read(claims[place], fields, by=teacher.slug) if fields else None
            if answer is not None:
                verifications[key_of(claims[place])] = answer
    return verifications


def key_of(claim: Claim) -> str:
    """Return the key of a claim: a hash of its passage and its text."""
    return hashlib.sha256(json.dumps([claim.source, claim.text]).encode()).hexdigest()


def conversations(order: Order) -> dict[str, list[Message]]:
    """Conversations of an order for answers on claims, by the made-up ids of its calls; the same in every attempt."""
    prompts = [prompt.conversation(claim) for claim in _claims_of([ClaimCheck.objects.get(order=order)])]
    return dict(zip(order.record_ids, prompts, strict=True))


def asked_elsewhere(order: Order) -> set[int]:
    """Places of claims that other orders answered, are asking for, or may have paid for.

    A resume must not pay for them again.
    """
    check = ClaimCheck.objects.get(order=order)
    rows = ClaimCheck.objects.filter(task=check.task_id, asked_as=check.asked_as).exclude(pk=check.pk)
    others = list(rows.select_related("order__job").order_by("created_at", "pk"))
    known_keys = {key_of(claim) for claim in [*_claims_of(_under_way(others)), *_uncertain(others), *_answered(others)]}
    return {place for place, claim in enumerate(_claims_of([check])) if key_of(claim) in known_keys}


def answer_task(order: Order) -> TaskSpec:
    return prompt.ANSWER_TASK


def _claims_of(checks: Sequence[ClaimCheck]) -> list[Claim]:
    return [Claim(source, text) for check in checks for source, text in check.claims]


def _under_way(checks: Sequence[ClaimCheck]) -> list[ClaimCheck]:
    return [check for check in checks if check.order.job is None or check.order.job.state not in FINISHED]


def _uncertain(checks: Sequence[ClaimCheck]) -> Iterator[Claim]:
    return _of_calls(checks, state=CallState.UNCERTAIN, settlement__in=(Settlement.OPEN, Settlement.PAID))


def _answered(checks: Sequence[ClaimCheck]) -> Iterator[Claim]:
    return _of_calls(checks, state=CallState.ANSWERED, fields__isnull=False)


def _of_calls(checks: Sequence[ClaimCheck], **filters: Any) -> Iterator[Claim]:
    for check in checks:
        claims = _claims_of([check])
        places = Call.objects.filter(order=check.order, **filters).values_list("position", flat=True)
        yield from (claims[place] for place in places)


def _checks(task: Task, teacher: Teacher) -> QuerySet[ClaimCheck]:
    """Orders of this task to this teacher in its present state, the oldest first."""
    rows = ClaimCheck.objects.filter(task=task, asked_as=asked_as(orders.require_askable(teacher)))
    return rows.select_related("order__job").order_by("created_at", "pk")


def asked_as(teacher: TeacherSpec) -> str:
    """A hash of what decides a teacher's answers: whom it asks, with what settings and words; prices are none of it."""
    identity = {
        "provider": teacher.provider,
        "model": teacher.model,
        "base_url": teacher.base_url,
        "parameters": teacher.parameters,
        "prompt": prompt.PROMPT_VERSION,
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()
