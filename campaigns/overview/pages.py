"""Pages of campaigns: the list, a draft's form, one campaign live, and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.outcomes import queries as outcomes_queries
from campaigns.overview import blockers, desk_integration, figures, reply_months, waiting
from campaigns.overview import queries as selectors
from campaigns.overview.form_choices import CampaignChoices
from campaigns.overview.forms import CampaignForm, initial_of, initial_of_new
from campaigns.pipelines import contact_story, promotion, stage_figures
from campaigns.pipelines import queries as pipelines
from campaigns.planning import audience, launch_checks
from campaigns.planning import edit as planning_edit
from campaigns.senders import choice, queries
from campaigns.sending import contact_caps, guardrails, lifecycle
from campaigns.states import CampaignState, StepWriter
from campaigns.writing import order_drafts
from generation.teachers import queries as teachers_queries
from members.models import Member
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.errors import Refusal
from web.http.form_errors import submit
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from campaigns.models import Campaign
    from review.models import Task

FIRST_OF = {"arms": "arm_1_name", "steps": "has_step_2", "slug": "name"}
ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "pause": (lifecycle.pause, "Paused: nothing is sent."),
    "resume": (lifecycle.resume, "Running again."),
    "release": (lifecycle.release, "Approved mails are sent from now on."),
    "end": (lifecycle.end, "Ended. Answers still count."),
}


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    page = numbered_page(selectors.of_task(member, task), request.GET.get("page"))
    rate = reply_months.counted(task)
    context = {
        "task": task,
        "section": "campaigns",
        "tab": "campaigns",
        "page": page,
        "lines": selectors.lines(list(page)),
        "rate": rate.value,
        "rate_counted_at": rate.at,
        "answered_within": reply_months.ANSWERED_WITHIN,
        "may_lead": may(member, task, Role.LEAD),
    }
    return render(request, "campaigns/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    choices = _choices(member, task)
    initial = initial_of_new(choices.default) | _form_from(request)
    form = CampaignForm(request.POST or None, choices=choices, initial=initial)
    return _form_page(request, task, form, lambda: planning_edit.create(task, form.plan(), by=member))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    campaign = selectors.get_or_404(member, slug)
    require(member, campaign.task, Role.LEAD)
    form = CampaignForm(
        request.POST or None, choices=_choices(member, campaign.task, campaign), initial=initial_of(campaign)
    )

    def changed() -> Campaign:
        made = planning_edit.change(campaign, form.plan(campaign), by=member)
        messages.success(request, "Saved.")
        return made

    return _form_page(request, campaign.task, form, changed, campaign=campaign)


def _form_page(
    request: HttpRequest, task: Task, form: CampaignForm, save: Callable[[], Campaign], **context: Any
) -> HttpResponse:
    status = 200
    if request.method == "POST":
        saved, status = submit(form, lambda _: _save(save))
        if saved is not None:
            return redirect("campaigns:detail", saved.slug)
    context |= {"task": task, "section": "campaigns", "tab": "campaigns", "form": form}
    return render(request, "campaigns/new.html", context, status=status)


def _save(save: Callable[[], Campaign]) -> Campaign:
    try:
        return save()
    except Refusal as refusal:
        refusal.errors = {FIRST_OF.get(name, name): texts for name, texts in refusal.errors.items()}
        raise


def _form_from(request: HttpRequest) -> dict[str, str]:
    return {
        name: str(request.GET[name])
        for name in request.GET
        if name in CampaignForm.base_fields or name.startswith(("arm_", "step_", "has_step_"))
    }


def _choices(member: Member, task: Task, campaign: Campaign | None = None) -> CampaignChoices:
    default = promotion.default_of(task)
    chosen = campaign.audience if campaign else {}
    return CampaignChoices(
        senders=list(queries.visible(member)),
        teachers=teachers_queries.lines_for(member, task, kept=selectors.teachers_of(campaign) if campaign else ()),
        contacts=audience.contacts_by_segment(task.pk, chosen),
        imports=audience.imports_of(task.pk, chosen),
        pipelines=pipelines.offered(task, campaign, default=default),
        default=default,
        campaigns=audience.campaigns_before(task.pk, chosen),
    )


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = selectors.get_or_404(member_of(request), slug)
    return render(request, "campaigns/detail.html", _overview(request, campaign))


@require_safe
def live(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = selectors.get_or_404(member_of(request), slug)
    return render(request, "campaigns/_live.html", _overview(request, campaign))


def _overview(request: HttpRequest, campaign: Campaign, refusal: Refusal | None = None) -> dict[str, Any]:
    # Figures and what it waits for both walk its steps.
    prefetch_related_objects([campaign], "steps")
    counted = figures.counted(campaign)
    steps, arms = counted.value
    is_planned = campaign.state == CampaignState.PLANNED
    drawings = stage_figures.drawings(campaign, arms, member_of(request))
    may_lead = may(member_of(request), campaign.task, Role.LEAD)
    senders = choice.named_by(campaign)
    fixed = sum(step.awaiting for step in steps if step.step.writer == StepWriter.TEMPLATE)
    return {
        "task": campaign.task,
        "section": "campaigns",
        "tab": "campaigns",
        "campaign": campaign,
        "steps": steps,
        "arms": arms,
        "counted_at": counted.at,
        "drawings": drawings,
        "storied": contact_story.most_told(campaign) if drawings and may_lead else None,
        "awaiting": sum(step.awaiting for step in steps) - fixed,
        "fixed_awaiting": fixed,
        "is_moving": campaign.state == CampaignState.RUNNING and any(step.underway for step in steps),
        "problems": selectors.launch_problems(member_of(request), campaign),
        "warnings": launch_checks.launch_warnings(campaign) if is_planned else [],
        "contacts": audience.contacts_matching(campaign).count()
        if is_planned
        else sum(step.planned for step in steps[:1]),
        "troubles": [] if is_planned else blockers.blockers(campaign),
        "stops": [] if is_planned else blockers.stops(campaign),
        "waiting": waiting.wait_reason(campaign),
        "outcomes": []
        if is_planned
        else outcomes_queries.totals(campaign, has_holdout=any(line.arm.is_holdout for line in arms)),
        "jobs": [] if is_planned else blockers.jobs_under_way(campaign),
        "may_lead": may_lead,
        "may_review": may(member_of(request), campaign.task, Role.REVIEWER),
        "holds": contact_caps.expected_holds(campaign, now=timezone.now()) if is_planned else [],
        "guardrails": [] if is_planned else guardrails.states_of(campaign),
        "senders": queries.shares_of(campaign, senders) if len(senders) > 1 else [],
        "sender_changed": queries.changed_after_launch(campaign, senders),
        "refusal": refusal,
    }


@require_POST
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Verbs: launch, pause, resume, let go, end, or write failed mails again."""
    member = member_of(request)
    campaign = selectors.get_or_404(member, slug)
    try:
        if request.POST.get("verb") == "lift":
            guardrails.lift(campaign, reason=request.POST.get("reason", ""), by=member)
            messages.success(request, "Lifted: it sends again, and counting restarts.")
        else:
            messages.success(request, _perform(request.POST.get("verb", ""), campaign, member))
    except Refusal as refusal:
        context = _overview(request, selectors.get_or_404(member, slug), refusal)
        return render(request, "campaigns/detail.html", context, status=refusal.status)
    return redirect("campaigns:detail", campaign.slug)


def _perform(verb: str, campaign: Campaign, member: Member) -> str:
    if verb in ("launch", "write"):
        lifecycle.launch(campaign, by=member, is_held=verb == "write")
        return (
            "Launched." if verb == "launch" else "The mails are being written. Nothing is sent until you start sending."
        )
    if verb == "write_again":
        count = order_drafts.write_again(campaign, by=member)
        return f"{count:,} mails will be written again."
    if verb not in ACTS:
        raise Refusal("no_verb", "No action was chosen.", hint="Press one of the buttons.", status=400)
    service, message = ACTS[verb]
    service(campaign, by=member)
    return message


@require_POST
def approve(request: HttpRequest, slug: str) -> HttpResponse:
    """Go to the desk with the campaign's drafts alone; it deals no others on the way."""
    member = member_of(request)
    campaign = selectors.get_or_404(member, slug)
    require(member, campaign.task, Role.REVIEWER)
    query = urlencode({"only": desk_integration.desk_key(campaign.slug)})
    return redirect(f"{reverse('review:focus', args=[campaign.task.slug])}?{query}")
