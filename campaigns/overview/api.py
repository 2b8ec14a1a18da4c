"""API of campaigns: make, launch, steer, price, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.mail_tasks import mail_task_or_404
from campaigns.overview import figures, waiting
from campaigns.overview import queries as selectors
from campaigns.overview.forecast_serializers import DryRunOut
from campaigns.overview.serializers import (
    CampaignFullOut,
    CampaignIn,
    CampaignOut,
    CampaignRowOut,
    CampaignSettings,
    FixedMailsIn,
    LaunchIn,
    LiftIn,
    WrittenAgainOut,
)
from campaigns.pipelines import compose, promotion
from campaigns.pipelines import queries as pipelines
from campaigns.planning import edit, forecast
from campaigns.planning.plans import ArmPlan, CampaignPlan, StepPlan
from campaigns.senders import choice, queries
from campaigns.sending import contact_caps, guardrails, lifecycle
from campaigns.states import Approval, FixedVerdict, StepCondition, StepWriter
from campaigns.writing import fixed_texts, order_drafts
from generation.teachers import queries as teachers_queries
from generation.teachers import shutdowns
from members.models import Member
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body, require_same

if TYPE_CHECKING:
    from review.models import Task

# What a row of the list says beside its campaign.
ROW = ("contacts", "awaiting", "sent", "replied", "counted_at")


def _rows(request: Request, page: list[Any]) -> list[dict[str, Any]]:
    lines = selectors.lines(page)
    return [{**CampaignOut(line.campaign).data, **{name: getattr(line, name) for name in ROW}} for line in lines]


class CampaignListView(APIView):
    """Campaigns."""

    pagination_class = KeysetPagination

    @lists(CampaignRowOut, TaskQuery, draw=_rows)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        if "task" in query:
            return selectors.of_task(member, mail_task_or_404(member, query["task"]))
        return selectors.visible(member)

    @extend_schema(request=CampaignIn, responses={201: CampaignOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data, member = read_body(CampaignIn, request), member_of(request)
        task = mail_task_or_404(member, data["task"])
        require(member, task, Role.LEAD)
        made = edit.create(task, _plan(data, member, begins=task), slug=data.get("slug", ""), by=member)
        return Response(CampaignOut(made).data, status=201)


class CampaignView(APIView):
    """One campaign: read it, or change it while it is a draft."""

    @extend_schema(responses=CampaignFullOut)
    def get(self, request: Request, slug: str) -> Response:
        return Response(_full(member_of(request), slug))

    @extend_schema(request=CampaignIn, responses=CampaignFullOut)
    def put(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        campaign = selectors.get_or_404(member, slug)
        require(member, campaign.task, Role.LEAD)
        values = read_body(CampaignIn, request)
        require_same(values, task=campaign.task.slug, slug=campaign.slug)
        # A campaign that is there keeps what writes it until somebody names another.
        edit.change(campaign, _plan(values, member, begins=None), by=member)
        return Response(_full(member, slug))


class LaunchView(APIView):
    """Begin a campaign: its mails are written, and sent as they are approved."""

    @extend_schema(request=LaunchIn, responses={202: CampaignFullOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        values = read_body(LaunchIn, request)
        campaign = selectors.get_or_404(member, slug)
        lifecycle.launch(
            campaign,
            by=member,
            contacts=values.get("contacts"),
            is_held=values.get("is_held", False),
        )
        return Response(_full(member, slug), status=202)


class SteerView(APIView):
    """Pause, resume, let go or end a campaign."""

    verb = "pause"
    VERBS = {"pause": lifecycle.pause, "resume": lifecycle.resume, "release": lifecycle.release, "end": lifecycle.end}

    @extend_schema(request=None, responses={202: CampaignFullOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        self.VERBS[self.verb](selectors.get_or_404(member, slug), by=member)
        return Response(_full(member, slug), status=202)


class LiftView(APIView):
    """Let a campaign send again that a guardrail paused."""

    @extend_schema(request=LiftIn, responses={202: CampaignFullOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        campaign = selectors.get_or_404(member, slug)
        require(member, campaign.task, Role.LEAD)
        values = read_body(LiftIn, request)
        guardrails.lift(campaign, reason=values["reason"], by=member)
        return Response(_full(member, slug), status=202)


class WriteAgainView(APIView):
    """Have mails written again that failed before they had a text."""

    @extend_schema(request=None, responses={202: WrittenAgainOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        count = order_drafts.write_again(selectors.get_or_404(member, slug), by=member)
        return Response(WrittenAgainOut({"count": count}).data, status=202)


class FixedMailsView(APIView):
    """Approve mails with a fixed text, refuse them, or take that back."""

    @extend_schema(request=FixedMailsIn, responses={202: WrittenAgainOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        campaign = selectors.get_or_404(member, slug)
        require(member, campaign.task, Role.LEAD)
        values = read_body(FixedMailsIn, request)
        count = fixed_texts.decide_fixed_mails(
            campaign,
            verdict=FixedVerdict(values["verdict"]),
            by=member,
            message_ids=values.get("messages"),
        )
        return Response(WrittenAgainOut({"count": count}).data, status=202)


class DryRunView(APIView):
    """Forecast of a launch: contacts, cost, time, holds and problems. Starts nothing."""

    @extend_schema(responses=DryRunOut)
    def get(self, request: Request, slug: str) -> Response:
        campaign = selectors.get_or_404(member_of(request), slug)
        expected = forecast.forecast_of(campaign)
        shown = {
            "contacts": expected.contacts,
            "cost_usd": expected.cost_usd,
            "cost_high_usd": expected.cost_high_usd,
            "seconds": expected.seconds,
            "arms": expected.arms,
            "holds": contact_caps.expected_holds(campaign, now=timezone.now()),
            "problems": selectors.launch_problems(member_of(request), campaign, expected=expected),
        }
        return Response(DryRunOut(shown).data)


def _full(member: Member, slug: str) -> dict[str, Any]:
    campaign = selectors.get_or_404(member, slug)
    counted = figures.counted(campaign)
    steps, arms = counted.value
    parts: dict[str, Any] = {"steps": steps, "arms": arms, "problems": selectors.launch_problems(member, campaign)}
    parts["days_off"] = campaign.days_off or []
    parts["senders"] = queries.shares_of(campaign, choice.named_by(campaign))
    parts["guardrails"] = guardrails.states_of(campaign)
    parts["shutdowns"] = shutdowns.of_subjects([campaign])
    if now := waiting.wait_reason(campaign):
        parts["waiting"] = now
    settings = CampaignSettings(selectors.settings_of(campaign)).data
    shown = {**CampaignOut(campaign).data, **settings, "waiting": None, "counted_at": counted.at}
    return {**shown, **{name: CampaignFullOut().fields[name].to_representation(part) for name, part in parts.items()}}


def _default_arm(task: Task | None) -> ArmPlan:
    """Have the task's default pipeline write the mails where a body names no arm."""
    default = promotion.default_of(task) if task is not None else None
    if default is None:
        message = f"Name the arms: {task.name} has no default pipeline to begin with." if task else "Name the arms."
        raise Refusal("no_arms", message, errors={"arms": [message]})
    return ArmPlan("A", pipeline=default)


def _plan(data: dict[str, Any], member: Member, *, begins: Task | None) -> CampaignPlan:
    """Look up what the body names; without arms the plan begins as campaigns of the task do."""

    def teacher(slug: str | None) -> Any:
        return teachers_queries.teacher_or_404(member, slug) if slug else None

    def pipeline(slug: str | None) -> Any:
        return compose.latest(pipelines.pipeline_or_404(member, slug)) if slug else None

    arms = [
        ArmPlan(**{**arm, "teacher": teacher(arm.get("teacher")), "pipeline": pipeline(arm.get("pipeline"))})
        for arm in data.get("arms", ())
    ]
    steps = [
        StepPlan(
            **{
                **step,
                "writer": StepWriter(step.get("writer", StepWriter.MODEL)),
                "when": StepCondition(step.get("when", StepCondition.NO_ANSWER)),
                "reply_classes": step.get("reply_classes") or (),
            }
        )
        for step in data.get("steps", [{}])
    ]
    sender, further = data.get("sender"), data.get("further_senders", [])
    return CampaignPlan(
        **{name: value for name, value in data.items() if name not in ("task", "slug")}
        | {
            "arms": arms or [_default_arm(begins)],
            "steps": steps,
            "sender": queries.sender_or_404(member, sender) if sender else None,
            "further_senders": [queries.sender_or_404(member, slug) for slug in further],
            "reply_teacher": teacher(data.get("reply_teacher")),
            "approval": Approval(data.get("approval", Approval.ALL)),
        }
    )
