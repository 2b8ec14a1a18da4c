"""Tests a teacher: one call about a made-up record, as an order with its own small budget, journal and ledger.

It asks what an order for the task would ask, so that key, address, model, parameters and the answer's shape are tried
at once. Nothing of a real record is sent, and the answer comes to nobody's desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from generation.engine.contracts import TeacherSpec
from generation.models import Call, Order, Teacher
from generation.money.estimate import OrderEstimate, estimate_conversation
from generation.orders import launch
from generation.orders.launch import Quote
from generation.states import CallState, Purpose
from generation.teachers import provided
from generation.teachers.queries import price_before_one, price_of
from jobs.states import FINISHED
from members.models import Member
from review.models import Record, Task, TaskVersion
from review.spec import prompting
from review.spec.prompting import Message
from review.states import Role
from review.tasks import permissions
from review.tasks.example import made_up_facts
from review.tasks.queries import latest_version
from web.errors import Refusal

# A test is to say whether a teacher works, not to be worth something.
MOST_USD = Decimal("0.50")


@dataclass(frozen=True)
class Trial:
    """Result of a teacher's last test.

    Attributes:
        call: The call; None while there is no word of it.
        said: The provider's error in words, or the job's; empty for an answer.
    """

    order: Order
    call: Call | None
    is_over: bool
    said: str

    @property
    def is_cost_unknown(self) -> bool:
        """Return whether its call was counted at an assumed price, and nobody has corrected that."""
        is_assumed = bool(self.order.teacher_spec.get("is_price_assumed"))
        return is_assumed and self.call is not None and not self.call.is_corrected

    @property
    def answer(self) -> str:
        if self.call is None or not self.call.fields:
            return ""
        return prompting.completion(self.order.task_version.spec, self.call.fields)


def price(teacher: Teacher, task: Task, *, by: Member) -> OrderEstimate:
    """Return what a test would cost, where its teacher has no price by the one it is counted at; writes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `start`.
    """
    return _quote(teacher, task, by).estimate


@transaction.atomic
def start(teacher: Teacher, task: Task, *, by: Member) -> Order:
    """Order the one call of a test; its worst case is its budget, held by those of the task and the installation.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `trial_too_dear`, `no_records`, `budget_used_up`, or as a teacher that cannot be asked is refused.
    """
    quoted, title = _quote(teacher, task, by), f"A test of {teacher.name}"
    return launch.place_one(quoted, task, teacher=teacher, by=by, purpose=Purpose.TRIAL, title=title)


def last_of(teacher: Teacher) -> Trial | None:
    """Return how the newest test of a teacher went; None before the first."""
    orders = Order.objects.filter(teacher=teacher, purpose=Purpose.TRIAL).select_related("job", "task_version", "task")
    order = orders.order_by("-created_at").first()
    if order is None or order.job is None:
        return None
    calls = list(order.calls.order_by("position", "created_at"))
    call = next((row for row in calls if row.state == CallState.ANSWERED), calls[-1] if calls else None)
    is_over = order.job.state in FINISHED
    error = ""
    if call is not None and call.state != CallState.ANSWERED:
        error = call.error_message or call.error_code
    if is_over and (call is None or not error) and (call is None or call.state != CallState.ANSWERED):
        error = str((order.job.error or {}).get("message", "")) or f"The job ended {order.job.state}."
    return Trial(order, call, is_over, error)


def conversations(order: Order) -> dict[str, list[Message]]:
    """Return the conversation of a test, under the id of the one record that its order needs.

    The same in every attempt.
    """
    [record_id] = order.record_ids
    return {record_id: _conversation(order.task_version, str(order.teacher_spec.get("audience", "teacher")))}


def _quote(teacher: Teacher, task: Task, by: Member) -> Quote:
    permissions.require(by, task, Role.LEAD)
    provided.check_provided(teacher, task, by=by)
    version, has_price = latest_version(task), price_of(teacher) is not None
    spec = launch.require_askable(teacher, unpriced=None if has_price else price_before_one(teacher))
    messages = _conversation(version, spec.audience)
    estimate = estimate_conversation(version.spec, messages, spec)
    if not has_price and estimate.worst_call_usd > MOST_USD:
        spec = _cheaper(spec, float(MOST_USD) / estimate.worst_call_usd)
        estimate = estimate_conversation(version.spec, messages, spec)
    if estimate.worst_usd > MOST_USD:
        raise Refusal(
            "trial_too_dear",
            f"One call to {teacher.name} may cost ${estimate.worst_usd}; ${MOST_USD} is the most for a test.",
            hint="Lower its max_tokens, or order one draft.",
        )
    record = Record.objects.filter(task=task, erased_at__isnull=True).order_by("created_at").first()
    if record is None:
        raise Refusal("no_records", "This task has no records yet.", hint="Choose another task, or import some first.")
    return Quote(version, [str(record.pk)], spec, estimate)


def _cheaper(spec: TeacherSpec, share: float) -> TeacherSpec:
    """Return the teacher at a share of its price, rounded down, so that estimates stay within that share."""
    prices = {
        name: int(getattr(spec, name) * share * 10_000) / 10_000
        for name in ("input_usd_per_million", "output_usd_per_million")
    }
    return spec.model_copy(update=prices)


def _conversation(version: TaskVersion, audience: str) -> list[Message]:
    facts = made_up_facts(version.spec)
    return prompting.messages(version.spec, facts, audience="student" if audience == "student" else "teacher")
