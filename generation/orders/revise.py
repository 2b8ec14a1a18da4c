"""Has one draft written again: an order for one call, with its own small budget, journal and ledger like any other.

What review knows as its reviser. Who may ask is decided there; what it may cost, here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from generation.engine.repairs import FLAWED
from generation.models import Order, Teacher
from generation.money.estimate import estimate_conversation
from generation.orders import launch, run_spec
from generation.orders.launch import Quote
from generation.states import CallState, Purpose
from generation.teachers import queries as selectors
from generation.teachers.queries import TeacherLine
from jobs.models import Job
from members.models import Member
from review.desk.revisions import revision_requests
from review.models import Draft
from review.ports import Writer
from review.spec.prompting import Message
from web.errors import Refusal

# An expert spends this much by one key at most; a dearer teacher is asked by a lead, with an order.
MOST_USD = Decimal("0.50")


class TeacherReviser:
    """See `review.ports.Reviser`."""

    def writers(self, draft: Draft, conversation: Sequence[Message], *, by: Member) -> list[Writer]:
        writers = [writer for line in selectors.lines(by) if (writer := _writer(line, draft, conversation)) is not None]
        return sorted(writers, key=lambda writer: not writer.is_author)

    def start(self, draft: Draft, conversation: Sequence[Message], *, writer: str, by: Member) -> UUID:
        teacher = self._teacher(draft, conversation, writer, by)
        spec = launch.require_askable(teacher)
        estimate = estimate_conversation(draft.task_version.spec, list(conversation), spec)
        if estimate.worst_usd > MOST_USD:
            raise Refusal(
                "revision_too_dear",
                f"One revision by {teacher.name} may cost ${estimate.worst_usd}; ${MOST_USD} is the most for one.",
                hint="Choose another teacher, or have an admin lower its max_tokens.",
            )
        quoted = Quote(draft.task_version, [str(draft.record_id)], spec, estimate)
        title = f"A revision by {teacher.name}"
        order = launch.place_one(quoted, draft.task, teacher=teacher, by=by, purpose=Purpose.REVISION, title=title)
        if order.job_id is None:
            raise RuntimeError("an order was placed without a job")
        return order.job_id

    def _teacher(self, draft: Draft, conversation: Sequence[Message], slug: str, by: Member) -> Teacher:
        if slug:
            teacher = selectors.visible(by).filter(slug=slug, provided_by="", is_active=True).first()
            if teacher is None:
                raise _none(f"There is no teacher '{slug}' to ask.")
            return teacher
        writers = self.writers(draft, conversation, by=by)
        if not writers:
            raise _none("No teacher is available: none has both a key and a price, or all cost too much.")
        return selectors.visible(by).get(slug=writers[0].slug)


def on_job_ended(job: Job) -> None:
    """Return a draft to the desk of the member who asked, once the job of its revision ended without one."""
    order = Order.objects.filter(job=job, purpose=Purpose.REVISION).first()
    if order is not None:
        revision_requests.give_up(job.pk, why=_failure_reason(order, job))


def _failure_reason(order: Order, job: Job) -> str:
    # Not the flawed answer that had a repair: the repair's own end is why there is no revision.
    ends = order.calls.exclude(state=CallState.ANSWERED).exclude(error_code=FLAWED)
    call = ends.exclude(error_message="").first()
    if call is not None:
        return call.error_message[:200]
    message = (job.error or {}).get("message", "")
    return str(message)[:200] or f"the job ended {job.state}"


def _writer(line: TeacherLine, draft: Draft, conversation: Sequence[Message]) -> Writer | None:
    """None for a teacher that cannot be asked, or that only knows its own short prompt."""
    if not line.can_be_asked or line.teacher.provided_by or line.price is None:
        return None
    spec = run_spec.teacher_spec(line.teacher, line.price)
    worst = estimate_conversation(draft.task_version.spec, list(conversation), spec).worst_usd
    if worst > MOST_USD:
        return None
    price = f"at most ${worst.normalize():f}" if worst else "free"
    return Writer(line.teacher.slug, line.teacher.name, price, is_author=line.teacher.label == draft.teacher)


def _none(message: str) -> Refusal:
    return Refusal("no_teacher", message, hint="Edit the draft yourself with E, or have an admin look at Teachers.")
