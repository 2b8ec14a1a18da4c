"""Pages of experiments: those of a task, registering one with what it can show, its verdict, its files."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from campaigns.experiments import design, record
from campaigns.forms.experiments import ExperimentForm, PriceForm, initial_of
from campaigns.selectors import campaigns, experiment_pages, results, variants
from campaigns.selectors import experiments as selectors
from campaigns.services.experiments import looks, registration
from campaigns.states import CampaignState
from members.session import member_of
from review.permissions import may, require, task_or_404
from review.states import Role
from web.errors import Refusal
from web.forms import show_refusal

PER_PAGE = 25


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    page = Paginator(selectors.of_task(member, task), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "task": task,
        "section": "experiments",
        "page": page,
        "waiting": selectors.waiting_campaigns(member, task),
        "may_lead": may(member, task, Role.LEAD),
    }
    return render(request, "campaigns/experiments/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The form on a draft campaign: keep what is to be registered, or register it."""
    member = member_of(request)
    campaign = campaigns.get_or_404(member, slug)
    require(member, campaign.task, Role.LEAD)
    experiment = selectors.of_campaign(campaign)
    if experiment is not None and experiment.registered_at is not None:
        return redirect("campaigns:experiment", experiment.slug)
    kept = initial_of(results.wishes_of(experiment)) if experiment is not None else {}
    form, refusal, status = ExperimentForm(request.POST or None, initial=kept), None, 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return _carry_out(request, campaign, form)
            except Refusal as error:
                refusal, status = error, error.status
                show_refusal(form, error)
    context = {
        "task": campaign.task,
        "section": "experiments",
        "campaign": campaign,
        "form": form,
        "refusal": refusal,
        "arms": campaign.arms.select_related("teacher", "miniature").order_by("position"),
        "is_planned": campaign.state == CampaignState.PLANNED,
    }
    return render(request, "campaigns/experiments/plan.html", context, status=status)


def _carry_out(request: HttpRequest, campaign: Any, form: ExperimentForm) -> HttpResponse:
    member = member_of(request)
    if request.POST.get("verb") == "keep":
        registration.keep(campaign, form.wishes(), by=member)
        messages.success(request, "Kept as a draft. The campaign can be launched once it is registered.")
        return redirect("campaigns:experiment-plan", campaign.slug)
    made = registration.register(campaign, form.wishes(), by=member)
    messages.success(request, "Registered. From now on nothing of it changes.")
    return redirect("campaigns:experiment", made.slug)


@require_GET
def outlook(request: HttpRequest, slug: str) -> HttpResponse:
    """What the contacts at hand can show of the numbers in the form, for htmx."""
    campaign = campaigns.get_or_404(member_of(request), slug)
    # The sentence is about numbers; the hypothesis may still be unwritten.
    form = ExperimentForm({**request.GET.dict(), "hypothesis": request.GET.get("hypothesis") or "–"})
    found, faults = None, {}
    if form.is_valid():
        faults = design.faults(form.wishes())
        found = experiment_pages.outlook(campaign, form.wishes())
    return render(
        request, "campaigns/experiments/_outlook.html", {"outlook": found, "form": form, "faults": faults}
    )  # fmt: skip


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "campaigns/experiments/detail.html", _context(request, slug))


def _context(request: HttpRequest, slug: str) -> dict[str, Any]:
    member = member_of(request)
    experiment = selectors.get_or_404(member, slug)
    campaign = experiment.campaign
    is_launched = campaign.state != CampaignState.PLANNED and experiment.registered_at is not None
    prices = PriceForm(request.GET)
    said = prices.cleaned_data if prices.is_valid() else {}
    person, gpu = said.get("person"), said.get("gpu") or settings.GPU_USD_PER_HOUR
    context: dict[str, Any] = {
        "task": campaign.task,
        "section": "experiments",
        "experiment": experiment,
        "campaign": campaign,
        "is_launched": is_launched,
        "may_lead": may(member, campaign.task, Role.LEAD),
        "prices": {"person": settings.PERSON_USD_PER_HOUR if person is None else person, "gpu": gpu},
        **experiment_pages.registered(experiment),
    }
    if is_launched:
        context |= experiment_pages.live(experiment, person_usd_per_hour=person, gpu_usd_per_hour=gpu)
    if campaign.is_simulated and context["may_lead"]:
        context["again"] = variants.again(member, experiment)
    return context


@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    """Record what the page shows now."""
    experiment = selectors.get_or_404(member_of(request), slug)
    try:
        made = looks.record(experiment, by=member_of(request))
        said = "The final look is recorded." if made.is_final else f"Look {made.number} is recorded."
        messages.success(request, said)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("campaigns:experiment", experiment.slug)


@require_GET
def contacts_csv(request: HttpRequest, slug: str) -> HttpResponse:
    experiment = selectors.get_or_404(member_of(request), slug)
    text = "".join(results.csv_of(experiment))
    return _named(
        HttpResponse(text.encode(), content_type="text/csv; charset=utf-8"), f"{experiment.slug}-contacts.csv"
    )


@require_GET
def registration_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The registration, byte for byte as it was hashed."""
    experiment = selectors.get_or_404(member_of(request), slug)
    text = record.text_of(experiment.registration)
    response = HttpResponse(text.encode(), content_type="application/json")
    response["ETag"] = f'"{experiment.registration_sha256}"'
    return _named(response, f"{experiment.slug}-registration.json")


@require_GET
def result_json(request: HttpRequest, slug: str) -> HttpResponse:
    experiment = selectors.get_or_404(member_of(request), slug)
    text = json.dumps(results.result(experiment), ensure_ascii=False, indent=1)
    return _named(HttpResponse(text.encode(), content_type="application/json"), f"{experiment.slug}-result.json")


def _named(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
