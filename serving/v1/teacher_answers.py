"""One text of a teacher while somebody waits for it: by an order of one draft, or composed here by the offline teacher.

An order's price, budget, ledger and journal are those of any order. Blocks its thread; knows no request and no page.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from generation.engine.clients.factory import open_local
from generation.engine.clients.interface import Question
from generation.engine.contracts import TeacherSpec
from generation.engine.repairs import FLAWED
from generation.models import Call, Order, Teacher
from generation.money.figures import millionths
from generation.orders import launch
from generation.orders.quote import OrderRequest
from generation.states import CallState, Provider, Purpose
from jobs.states import FINISHED
from members.models import Member
from review.models import Task
from review.spec import prompting
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from serving.v1 import db_threads
from web.errors import Refusal

WITHIN_S: Final = 180.0
POLL_EVERY_S: Final = 0.3
OFFLINE_SEED: Final = 7
NOT_WRITTEN: Final = "not_written"


@dataclass(frozen=True)
class TeacherAnswer:
    """A teacher's text in the task's shape, with `done` as the engine of miniatures tells it, and what it cost."""

    text: str
    done: dict[str, Any]
    cost_usd: Decimal


def compose(spec: TaskSpec, facts: Facts) -> TeacherAnswer:
    """Have the offline teacher write, in this process and for nothing."""
    began = time.perf_counter()
    offline = TeacherSpec(name="", provider="offline", model="", parameters={})
    messages = prompting.messages(spec, facts, audience="teacher")
    question = Question(call_id="", messages=messages, facts=dict(facts), seed=OFFLINE_SEED, repeat=0)
    reply = asyncio.run(open_local(settings.OFFLINE_TEACHER, offline, spec).ask(question))
    done = _done(time.perf_counter() - began, reply.input_tokens or 0, reply.output_tokens or 0)
    return TeacherAnswer(reply.text, done, Decimal(0))


@transaction.atomic
def order(task: Task, teacher: Teacher, record: UUID, *, by: Member) -> Order:
    """Order one text for a record, with a budget that covers it, or take up the member's order that is under way.

    A client that was told to ask again must not order, and pay, once more.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `launch`.
    """
    permissions.require(by, task, Role.LEAD)
    Task.objects.select_for_update(no_key=True).get(pk=task.pk)
    request = OrderRequest(task, teacher=teacher, count=1, by=by, record_ids=[record], purpose=Purpose.EVALUATION)
    return _under_way(request, record) or launch.launch_as_priced(request)


def _under_way(request: OrderRequest, record: UUID) -> Order | None:
    """The order of the same text, by the same member, that nothing came of yet."""
    same = Order.objects.filter(
        task_version=latest_version(request.task),
        teacher=request.teacher,
        created_by=request.by,
        purpose=request.purpose,
        count=request.count,
        record_ids=[str(record)],
    )
    ended = Call.objects.filter(order=OuterRef("pk")).exclude(state=CallState.SENT).exclude(error_code=FLAWED)
    return same.exclude(job__state__in=FINISHED).exclude(Exists(ended)).first()


def answer_of(order: Order) -> TeacherAnswer | None:
    """Return what came of an order of one text; None while nothing did.

    Raises:
        Refusal: `not_written`, it ended without a text of the task's shape.
    """
    row = Order.objects.select_related("job", "task_version").get(pk=order.pk)
    # A flawed answer is told before the repair that brought the text. An answered call sorts before any other.
    ended = row.calls.exclude(state=CallState.SENT).exclude(error_code=FLAWED)
    call = ended.order_by("state", "-is_repair").first()
    if call is not None:
        return _of_call(row, call)
    if row.job is not None and row.job.state in FINISHED:
        error = row.job.error or {}
        raise Refusal(NOT_WRITTEN, error.get("message", "The order ended without a text."))
    return None


def wait(order: Order) -> TeacherAnswer:
    """Wait for an order of one text, at most some minutes.

    Raises:
        Refusal: As for `answer_of`; or the time is up, and the order goes on.
    """
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        answer = answer_of(order)
        if answer is not None:
            return answer
        time.sleep(POLL_EVERY_S)
    raise late()


def late() -> Refusal:
    """The refusal of who waited long enough."""
    return Refusal(NOT_WRITTEN, "The teacher has not answered yet.", hint="The order continues; see Generation.")


async def write(
    task: Task, teacher: Teacher, *, spec: TaskSpec, facts: Facts, record: UUID | None, by: Member | None
) -> TeacherAnswer:
    """Have a teacher write one text, by an order or, where it is the offline one, here.

    Args:
        record: The imported record; None where there is none, which only the offline teacher writes for.
        by: The lead in whose name it is ordered.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: As for `order` and `answer_of`; or the time is up, and the order goes on.
    """
    if record is None or by is None or teacher.provider == Provider.OFFLINE:
        return await db_threads.run_apart(compose, spec, facts)
    placed = await db_threads.run_apart(order, task, teacher, record, by=by)
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        if answer := await db_threads.run_apart(answer_of, placed):
            return answer
        await asyncio.sleep(POLL_EVERY_S)
    raise late()


def _of_call(order: Order, call: Call) -> TeacherAnswer:
    if call.fields is None:
        message = call.error_message or "The teacher gave no text of the task's shape."
        raise Refusal(NOT_WRITTEN, message)
    done = _done(call.latency_s or 0.0, call.input_tokens, call.output_tokens)
    cost_usd = order.calls.aggregate(usd=Sum("cost_usd"))["usd"]
    return TeacherAnswer(prompting.completion(order.task_version.spec, call.fields), done, millionths(cost_usd))


def _done(seconds: float, prompt_tokens: int, completion_tokens: int) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "finish": "stop",
    }
