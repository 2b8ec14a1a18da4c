"""Pages of pipelines: the list of a task's, and the one where a lead composes the next version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.contacts import queries as contact_queries
from campaigns.pipelines import compose, contact_story, promotion, queries, stage_drafts
from campaigns.pipelines.board import board, filled, reply_sorter, usual_stages
from campaigns.pipelines.offers import Offers
from campaigns.pipelines.stage_drafts import StageDraft
from campaigns.states import StageKind
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require, task_or_404
from serving.states import Act
from web.errors import Refusal
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from campaigns.models import Pipeline, PipelineVersion
    from members.models import Member
    from review.models import Task

TWO_FIELDS = "Tick labels of one field: a stage goes by one."


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    return render(
        request,
        "campaigns/pipelines/index.html",
        {**_about(task), "lines": queries.lines(task), "default": promotion.default_of(task)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    return _compose(request, task, Offers(task, member), None)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    pipeline = queries.pipeline_or_404(member, slug)
    require(member, pipeline.task, Role.LEAD)
    if request.POST.get("do") in list(Act):
        return _set_default(request, pipeline)
    return _compose(request, pipeline.task, Offers(pipeline.task, member), pipeline)


def _set_default(request: HttpRequest, pipeline: Pipeline) -> HttpResponse:
    act, number = Act(request.POST["do"]), request.POST.get("version", "")
    try:
        version = promotion.version_of(pipeline, whole_number(number, otherwise=0) if number else None, act=act)
        (promotion.promote if act == Act.PROMOTE else promotion.demote)(version, by=member_of(request))
        default = promotion.default_of(pipeline.task)
        messages.success(request, f"The next campaign of this task begins with {default or 'no pipeline'}.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("campaigns:pipeline", pipeline.slug)


def _compose(request: HttpRequest, task: Task, offers: Offers, pipeline: Pipeline | None) -> HttpResponse:
    act = request.POST.get("do", "")
    name = request.POST.get("name", pipeline.name if pipeline else "")
    newest = compose.latest(pipeline) if pipeline else None
    stages, refusal = _stages(request, offers, newest), None
    if act == "save":
        try:
            version = _save(stages, offers, task, pipeline, name, member_of(request))
        except Refusal as error:
            refusal = error
        else:
            messages.success(
                request, f"Saved as version {version.number}. Campaigns under way keep the version they have."
            )
            return redirect("campaigns:pipeline", version.pipeline.slug)
    stages = filled(stages, offers)
    errors = dict(refusal.errors) if refusal else {}
    context = {
        **_about(task),
        "pipeline": pipeline,
        "name": name,
        "newest": newest,
        "next_number": newest.number + 1 if newest else 1,
        "default": promotion.default_of(task) if pipeline else None,
        "board": board(stages, offers, errors),
        "errors": errors,
        "refusal": refusal,
        "above": [text for place, texts in errors.items() if not place.startswith("stages.") for text in texts],
        "kinds": [(kind.value, kind.label) for kind in StageKind],
        "sorter": reply_sorter(offers),
        "may_add": len(stages) < compose.MOST_STAGES,
    }
    return render(request, "campaigns/pipelines/compose.html", context, status=refusal.status if refusal else 200)


def _stages(request: HttpRequest, offers: Offers, newest: PipelineVersion | None) -> list[StageDraft]:
    if request.method == "POST":
        posted = stage_drafts.from_post(request.POST)
        act, kind = request.POST.get("do", ""), request.POST.get("kind", "")
        return stage_drafts.after_act(posted, act, kind=kind, mail_task=offers.mail.slug)
    if newest is None:
        return usual_stages(offers)
    return [stage_drafts.from_saved(stage) for stage in queries.stages().filter(version=newest)]


def _save(
    stages: list[StageDraft], offers: Offers, task: Task, pipeline: Pipeline | None, name: str, by: Member
) -> PipelineVersion:
    twice = {f"stages.{at}.condition": [TWO_FIELDS] for at, stage in enumerate(stages) if stage.two_fields}
    if twice:
        raise Refusal("pipeline_invalid", "This pipeline cannot be saved as it is.", errors=twice)
    plans = [stage_drafts.plan_of(stage, offers) for stage in stages]
    if pipeline is not None:
        return compose.save_version(pipeline, stages=plans, by=by)
    return compose.create(task, name=name, stages=plans, by=by)


@require_safe
def story(request: HttpRequest, pk: UUID) -> HttpResponse:
    contact = contact_queries.contact_or_404(member_of(request), pk)
    context = {"task": contact.task, "section": "campaigns", "tab": "contacts", "contact": contact}
    return render(request, "campaigns/contacts/story.html", {**context, "stories": contact_story.story_of(contact)})


def _about(task: Task) -> dict[str, Any]:
    return {"task": task, "section": "campaigns", "tab": "pipelines"}
