"""Have an answer drafted by the miniature or teacher that the campaign's inbox names: an ordinary order for one draft.

What the reply says reaches the model as facts of a record, and comes back as words that a person reads, changes and
sends. Nothing leaves by itself: recipient, sender, thread and links are never a model's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from campaigns.answers import queries, write
from campaigns.compose import content
from campaigns.models import InboxAnswer, InboxSetup, Reply
from campaigns.replies import reply_facts, reply_records
from campaigns.states import AnswerState
from campaigns.writing import drafts_written
from generation.models import Order, Teacher
from generation.orders import launch, quote
from generation.states import Purpose
from jobs.models import Job
from jobs.states import FINISHED
from members.models import Member
from review.models import Draft, Task, TaskVersion
from review.spec.schema import Facts
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.errors import Refusal


@dataclass(frozen=True)
class DraftOffer:
    """Offer of a drafted answer: `task` is None where the inbox names none.

    Attributes:
        problem: Why it cannot be had; empty where it can.
    """

    task: Task | None = None
    teacher: Teacher | None = None
    at_most_usd: Decimal = Decimal(0)
    problem: str = ""


def offer(reply: Reply, *, by: Member) -> DraftOffer:
    """Estimate the cost of drafting a reply's answer, before anything is paid. Writes nothing."""
    setup = queries.setup_of(reply)
    if setup is None or setup.answer_task is None or setup.answer_teacher is None:
        return DraftOffer()
    task, teacher = setup.answer_task, setup.answer_teacher
    if not permissions.may(by, task, Role.LEAD):
        return DraftOffer(task, teacher, problem="Only leads of the task that drafts answers can order a draft.")
    try:
        version, facts = _asked(reply, setup, by)
        return DraftOffer(task, teacher, quote.price_of_one(version, teacher, facts))
    except Refusal as refusal:
        return DraftOffer(task, teacher, problem=f"{refusal.message} {refusal.hint}".strip())


@transaction.atomic
def ask(reply: Reply, *, at_most_usd: Decimal, by: Member) -> InboxAnswer:
    """Order a draft of the answer.

    Pressed twice, it is ordered and paid once; another may be ordered when it has ended.

    Locks the answering task, then the person, as an erasure does.

    Args:
        at_most_usd: What the member was told: a price that has risen since is told again first.
        by: A lead of the campaign's task and of the task that answers.

    Raises:
        PermissionDenied: The member does not lead one of these tasks.
        Refusal: `no_answer_task`, `facts_missing`, 409 `price_changed`; as for `write.open_for`, and for
            `generation.orders.launch`.
    """
    permissions.require(by, reply.message.campaign.task, Role.LEAD)
    setup = queries.setup_of(reply)
    if setup is None or setup.answer_task is None or setup.answer_teacher is None:
        raise Refusal("no_answer_task", "This inbox has no model to draft answers.", hint="Choose a task and a model.")
    version, facts = _asked(reply, setup, by)
    permissions.require(by, setup.answer_task, Role.LEAD)
    record = reply_records.find_or_make(reply, task=setup.answer_task, spec=version.spec, facts=facts, by=by)
    answer = write.open_for(reply, by=by)
    if is_being_drafted(answer):
        return answer
    price_usd = quote.price_of_one(version, setup.answer_teacher, facts)
    if price_usd > at_most_usd:
        raise Refusal(
            "price_changed",
            f"A draft may now cost ${price_usd}; the page showed ${at_most_usd}.",
            hint="Reload the page.",
            status=409,
        )
    order = launch.launch(
        launch.OrderRequest(
            setup.answer_task,
            teacher=setup.answer_teacher,
            count=1,
            by=by,
            max_cost_usd=price_usd or None,
            record_ids=[record.pk],
            version=version,
            purpose=Purpose.CAMPAIGN,
        )
    )
    InboxAnswer.objects.filter(pk=answer.pk).update(
        order=order, ordered_at_revision=answer.revision, draft=None, problem="", updated_at=timezone.now()
    )
    return queries.with_all().get(pk=answer.pk)


def on_order_ended(job: Job) -> None:
    """Put the draft of an order into the answer it was ordered for, unless a person has written there meanwhile."""
    answer = InboxAnswer.objects.select_related("order").filter(order__job=job).first()
    if answer is None or answer.order is None:
        return
    draft = Draft.objects.filter(job_id=job.pk, erased_at__isnull=True).select_related("task_version").first()
    is_open = InboxAnswer.objects.filter(pk=answer.pk, state=AnswerState.OPEN)
    now = timezone.now()
    if draft is None:
        is_open.update(problem=_why_none(answer.order)[:300], updated_at=now)
        return
    untouched = is_open.filter(revision=answer.ordered_at_revision, draft__isnull=True)
    revision = answer.ordered_at_revision + 1
    if untouched.update(body=words_of(draft), draft=draft, revision=revision, problem="", updated_at=now):
        return
    # Told again, it changes nothing; a person's words are never written over.
    is_open.filter(draft__isnull=True).update(draft=draft, updated_at=now)


def is_being_drafted(answer: InboxAnswer) -> bool:
    job = answer.order.job if answer.order is not None else None
    return job is not None and job.state not in FINISHED


def words_of(draft: Draft) -> str:
    """The text that a draft proposes as an answer; empty once it was erased."""
    return "" if draft.erased_at else content.as_subject_and_body(draft.task_version.spec, draft.fields)["body"]


def _asked(reply: Reply, setup: InboxSetup, by: Member) -> tuple[TaskVersion, Facts]:
    task = setup.answer_task
    if task is None or task.archived_at is not None:
        raise Refusal("no_answer_task", "The task that answers replies is archived.", hint="Choose another.")
    version = latest_version(task)
    facts = reply_facts.facts_of(reply, version.spec, by=by)
    if absent := reply_facts.absent(version.spec, facts):
        raise Refusal("facts_missing", f"{task.name} needs {', '.join(absent)}, which this reply lacks.")
    return version, facts


def _why_none(order: Order) -> str:
    record = UUID(order.record_ids[0])
    return f"No draft came: {drafts_written.reasons_without_draft([order], [record])[record]}"
