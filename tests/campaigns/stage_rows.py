"""Tasks, stages and answers for tests of pipelines; answers come as an engine's events leave them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from campaigns.pipelines.compose import StagePlan
from campaigns.states import StageKind
from generation.models import Call, Order, Research, ResearchedSite, Teacher, WebPage
from jobs.models import Job
from jobs.states import FINISHED
from members.models import Member
from review.drafts.intake import NewDraft, add_drafts
from review.models import Record, Task
from review.spec.schema import InputField, Label, OutputField, OutputItem
from review.spec.task_spec import TaskSpec
from tests.review import factories as desk

Answer = Callable[[Record], dict[str, Any] | None]
_TEMPLATES = {"teacher_template": "{{instruction}}\n{{facts}}", "student_template": "{{facts}}"}


def qualify_spec() -> TaskSpec:
    """Whether a company fits, by what is known of it."""
    return TaskSpec(
        instruction="Say whether the company fits.",
        input_schema=(
            InputField(name="company", role="group", required=True),
            InputField(name="sector", required=True),
            InputField(name="news", type="list"),
        ),
        output_schema=(OutputField(name="fit", type="choice", labels=(Label(name="good"), Label(name="poor"))),),
        **_TEMPLATES,
    )


def research_spec() -> TaskSpec:
    """What pages of a company say, each claim with its quote and address."""
    parts = (OutputItem(name="text"), OutputItem(name="quote"), OutputItem(name="url"))
    return TaskSpec(
        instruction="Say what the pages tell.",
        input_schema=(
            InputField(name="company", role="group", required=True),
            InputField(name="site", type="url", role="domain"),
            InputField(name="source_1", required=True),
            InputField(name="source_1_url", type="url"),
        ),
        output_schema=(OutputField(name="claims", type="list", role="claims", items=parts),),
        **_TEMPLATES,
    )


def claim_spec() -> TaskSpec:
    """Whether a passage bears a claim out."""
    return TaskSpec(
        instruction="Say whether the passage bears the claim out.",
        input_schema=(
            InputField(name="company", role="group", required=True),
            InputField(name="claim", role="title", required=True),
            InputField(name="passage", required=True),
        ),
        output_schema=(OutputField(name="supported", type="boolean"),),
        **_TEMPLATES,
    )


def make_tasks(*, by: Member) -> dict[str, Task]:
    """A task for each kind of stage that asks one, beside the mail's."""
    specs = {"research": research_spec(), "verify": claim_spec(), "qualify": qualify_spec()}
    return {name: desk.make_task(by=by, spec=spec, slug=f"{name}-task") for name, spec in specs.items()}


def offline() -> Teacher:
    """The teacher that costs nothing."""
    return Teacher.objects.get(slug="offline")


def make_paid_teacher() -> Teacher:
    """A teacher of a provider that is paid for; nobody is called before an order runs."""
    return Teacher.objects.create(slug="gpt", name="GPT", provider="openai", model="gpt-4o")


def write_stage(task: Task, **inputs: str) -> StagePlan:
    """The stage that writes, by the offline teacher."""
    return StagePlan("write", StageKind.WRITE, task, offline(), inputs)


def qualify_stage(task: Task, **inputs: str) -> StagePlan:
    """A label by the offline teacher; `good` goes on."""
    mapped = {"company": "contact.company", "sector": "record.sector", **inputs}
    return StagePlan("lead", StageKind.QUALIFY, task, offline(), mapped, {"field": "fit", "in": ["good"]})


def answer_orders(answers: dict[str, Answer]) -> int:
    """End every order that waits, by the slug of its task; where an answer is None its call fails. Returns how many."""
    waiting = Order.objects.filter(purpose="campaign").exclude(job__state__in=FINISHED)
    orders = [order for order in waiting.select_related("task", "task_version") if order.task.slug in answers]
    for order in orders:
        records = Record.objects.in_bulk([UUID(pk) for pk in order.record_ids])
        told = {pk: answers[order.task.slug](record) for pk, record in records.items()}
        calls = [_call(order, pk, n, fails=fields is None) for n, (pk, fields) in enumerate(told.items())]
        Call.objects.bulk_create(calls)
        add_drafts(
            version=order.task_version,
            drafts=[_draft(call, told[call.record_id]) for call in calls if told[call.record_id] is not None],
            job_id=order.job_id,
        )
        Job.objects.filter(pk=order.job_id).update(state="succeeded")
    return len(orders)


def _draft(call: Call, fields: dict[str, Any] | None) -> NewDraft:
    return NewDraft(
        record_id=call.record_id, fields=fields or {}, call_id=str(call.pk), origin="campaign", is_kept=True,
        teacher="offline", model="offline-composer", cost_usd=Decimal("0.002"), latency_s=0.5,
    )  # fmt: skip


def _call(order: Order, record: UUID, n: int, *, fails: bool) -> Call:
    said = {"error_code": "too_long", "error_message": "The answer was cut."} if fails else {}
    return Call(
        pk=uuid4(), order=order, record_id=record, position=n, state="failed" if fails else "answered",
        cost_usd=Decimal("0.002"), latency_s=0.5, **said,
    )  # fmt: skip


def read_pages(*texts: str) -> None:
    """End the reading of every site with these pages, as the engine's events leave them."""
    for research_order in Research.objects.filter(is_settled=False).select_related("job"):
        for site in research_order.sites.all():
            for number, text in enumerate(texts):
                WebPage.objects.create(
                    site=site, number=number, way="start", url=site.url, final_url=site.url, status=200,
                    text=text, fetched_at=research_order.created_at,
                )  # fmt: skip
            ResearchedSite.objects.filter(pk=site.pk).update(is_done=True)
        Research.objects.filter(pk=research_order.pk).update(is_settled=True)
        Job.objects.filter(pk=research_order.job_id).update(state="succeeded")
