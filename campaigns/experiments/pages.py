"""Pages of experiments: those of a task, registering one with what it can show, its verdict, its files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.experiments import design, page_data, register, results
from campaigns.experiments import next_round as rounds
from campaigns.experiments import queries as experiments_queries
from campaigns.experiments.design import HYPOTHESIS_CHARS, MOST_HORIZON_DAYS, ExperimentRequest
from campaigns.overview import queries
from campaigns.sending import guardrails
from campaigns.states import CampaignState, Claim, Metric
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.errors import Refusal
from web.http.form_errors import add_refusal
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from campaigns.models import Campaign


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    page = numbered_page(experiments_queries.of_task(member, task), request.GET.get("page"))
    context = {
        "task": task,
        "section": "experiments",
        "page": page,
        "waiting": experiments_queries.waiting_campaigns(member, task),
        "may_lead": may(member, task, Role.LEAD),
    }
    return render(request, "campaigns/experiments/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    campaign = queries.get_or_404(member, slug)
    require(member, campaign.task, Role.LEAD)
    experiment = experiments_queries.of_campaign(campaign)
    if experiment is not None and experiment.registered_at is not None:
        return redirect("campaigns:experiment", experiment.slug)
    experiment_request = results.request_of(experiment) if experiment is not None else rounds.request_after(campaign)
    kept = initial_of(experiment_request) if experiment_request is not None else {}
    form, refusal, status = ExperimentForm(request.POST or None, initial=kept), None, 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return _carry_out(request, campaign, form)
            except Refusal as error:
                refusal, status = error, error.status
                add_refusal(form, error)
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


def _carry_out(request: HttpRequest, campaign: Campaign, form: ExperimentForm) -> HttpResponse:
    member = member_of(request)
    if request.POST.get("verb") == "keep":
        register.save_plan(campaign, form.wishes(), by=member)
        messages.success(request, "Kept as a draft. The campaign can be launched once it is registered.")
        return redirect("campaigns:experiment-plan", campaign.slug)
    made = register.register(campaign, form.wishes(), by=member)
    messages.success(request, "Registered. It can no longer be changed.")
    return redirect("campaigns:experiment", made.slug)


@require_safe
def outlook(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = queries.get_or_404(member_of(request), slug)
    # The sentence is about numbers; the hypothesis may still be unwritten.
    form = ExperimentForm({**request.GET.dict(), "hypothesis": request.GET.get("hypothesis") or "–"})
    shown, faults = None, {}
    if form.is_valid():
        faults = design.mistakes_in(form.wishes())
        shown = page_data.outlook(campaign, form.wishes())
    return render(request, "campaigns/experiments/_outlook.html", {"outlook": shown, "form": form, "faults": faults})


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "campaigns/experiments/detail.html", _context(request, slug))


def _context(request: HttpRequest, slug: str) -> dict[str, Any]:
    member = member_of(request)
    experiment = experiments_queries.get_or_404(member, slug)
    campaign = experiment.campaign
    is_launched = campaign.state != CampaignState.PLANNED and experiment.registered_at is not None
    prices = GpuPriceForm(request.GET)
    cleaned = prices.cleaned_data if prices.is_valid() else {}
    person, gpu = cleaned.get("person"), cleaned.get("gpu") or settings.GPU_USD_PER_HOUR
    context: dict[str, Any] = {
        "task": campaign.task,
        "section": "experiments",
        "experiment": experiment,
        "campaign": campaign,
        "is_launched": is_launched,
        "may_lead": may(member, campaign.task, Role.LEAD),
        "prices": {"person": settings.PERSON_USD_PER_HOUR if person is None else person, "gpu": gpu},
        "guardrails": guardrails.states_of(campaign) if is_launched else [],
        **page_data.registered(experiment),
    }
    if is_launched:
        context |= page_data.live(experiment, person_usd_per_hour=person, gpu_usd_per_hour=gpu)
        context |= page_data.follow_up(experiment, context["result"])
    if campaign.is_simulated:
        context["meanings"] = results.meanings(experiment)
    if campaign.is_simulated and context["may_lead"]:
        context["again"] = experiments_queries.repeat_url(member, experiment)
    return context


@require_POST
def look(request: HttpRequest, slug: str) -> HttpResponse:
    experiment = experiments_queries.get_or_404(member_of(request), slug)
    try:
        made = register.record_look(experiment, by=member_of(request))
        message = "The final result is recorded." if made.is_final else f"Result {made.number} is recorded."
        messages.success(request, message)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("campaigns:experiment", experiment.slug)


@require_POST
def next_round(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    experiment = experiments_queries.get_or_404(member, slug)
    try:
        made = rounds.start_next_round(experiment, by=member)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
        return redirect("campaigns:experiment", experiment.slug)
    messages.success(request, "The next round is a draft. Add the arm to compare its control with.")
    return redirect("campaigns:edit", made.slug)


@require_POST
def promote(request: HttpRequest, slug: str) -> HttpResponse:
    experiment = experiments_queries.get_or_404(member_of(request), slug)
    try:
        row = rounds.promote_winner(experiment, by=member_of(request))
        messages.success(request, f"The next campaign of this task begins with {row.version}.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("campaigns:experiment", experiment.slug)


@require_safe
def contacts_csv(request: HttpRequest, slug: str) -> HttpResponse:
    experiment = experiments_queries.get_or_404(member_of(request), slug)
    text = "".join(results.csv_of(experiment))
    return _named(
        HttpResponse(text.encode(), content_type="text/csv; charset=utf-8"), f"{experiment.slug}-contacts.csv"
    )


@require_safe
def registration_json(request: HttpRequest, slug: str) -> HttpResponse:
    experiment = experiments_queries.get_or_404(member_of(request), slug)
    text = design.registration_text(experiment.registration)
    response = HttpResponse(text.encode(), content_type="application/json")
    response["ETag"] = f'"{experiment.registration_sha256}"'
    return _named(response, f"{experiment.slug}-registration.json")


@require_safe
def result_json(request: HttpRequest, slug: str) -> HttpResponse:
    experiment = experiments_queries.get_or_404(member_of(request), slug)
    text = json.dumps(results.result(experiment), ensure_ascii=False, indent=1)
    return _named(HttpResponse(text.encode(), content_type="application/json"), f"{experiment.slug}-result.json")


def _named(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


PERCENT = 100
# Fields that are typed in per cent and registered as shares.
SHARES = ("margin", "baseline", "alpha", "power")


class ExperimentForm(forms.Form):
    """Claim to be shown, and its certainty."""

    hypothesis = forms.CharField(
        label="Hypothesis",
        max_length=HYPOTHESIS_CHARS,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="In a sentence: what you expect, and compared with what.",
    )
    claim = forms.ChoiceField(label="Claim", choices=Claim.choices, initial=Claim.NOT_WORSE, widget=forms.RadioSelect)
    metric = forms.ChoiceField(
        label="Counts, per contact",
        choices=Metric.choices,
        initial=Metric.REPLY,
        help_text="Once per assigned contact, whatever happened to its mails.",
    )
    margin = forms.FloatField(
        label="Margin or effect, points",
        initial=1,
        min_value=0,
        help_text="How much worse is acceptable; or the least gain worth finding.",
    )
    baseline = forms.FloatField(
        label="Expected of the control, per cent",
        initial=5,
        min_value=0,
        max_value=100,
        help_text="From an earlier campaign, or a guess.",
    )
    horizon_days = forms.IntegerField(
        label="Follow-up period, days",
        initial=14,
        min_value=1,
        max_value=MOST_HORIZON_DAYS,
        help_text="Outcomes count for so many days after a contact's first mail.",
    )
    alpha = forms.FloatField(
        label="Error rate, per cent", initial=5, help_text="Two-sided; a margin is tested at half of it."
    )
    power = forms.FloatField(label="Power, per cent", initial=80, help_text="The chance to find a real effect.")
    icc = forms.FloatField(
        label="Correlation within a company",
        initial=0.05,
        help_text="0: colleagues answer independently; 1: all alike. 0.05 is a usual guess.",
    )

    def wishes(self) -> ExperimentRequest:
        cleaned = self.cleaned_data
        return ExperimentRequest(
            hypothesis=cleaned["hypothesis"].strip(),
            claim=Claim(cleaned["claim"]),
            metric=Metric(cleaned["metric"]),
            icc=cleaned["icc"],
            horizon_days=cleaned["horizon_days"],
            **{name: round(cleaned[name] / PERCENT, 10) for name in SHARES},
        )


class GpuPriceForm(forms.Form):
    person = forms.FloatField(label="People, $ an hour", min_value=0, max_value=10_000, required=False)
    gpu = forms.FloatField(label="GPU, $ an hour", min_value=0.0001, max_value=10_000, required=False)


def initial_of(request: ExperimentRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "hypothesis": request.hypothesis,
        "claim": request.claim,
        "metric": request.metric,
        "icc": request.icc,
        "horizon_days": request.horizon_days,
    }
    return shown | {name: round(getattr(request, name) * PERCENT, 8) for name in SHARES}
