"""Pages of runs: launch, list, one run live, several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from jobs.monitor.queries import may_steer
from members.session import member_of
from review.datasets import queries
from review.states import Role
from review.tasks.permissions import may, task_or_404
from training.costs.run_cost import run_cost
from training.miniatures import lineage
from training.miniatures import queries as miniature_selectors
from training.notices import followers
from training.recipes import display as recipe_selectors
from training.recipes.presets import PRESETS
from training.runs import charts, comparison, device_needs, forecast, launch_run, proposal
from training.runs import queries as runs_queries
from training.runs.comparison import compare_with_fp32
from training.runs.forms import LaunchForm, first_choice, overrides_of, typed_overrides
from training.runs.run_request import requested, requested_by, why_no_classifier
from training.students import queries as student_selectors
from training.students.pages import download_context
from web.db.keys import NO_ID, uuid_or_none
from web.errors import Refusal
from web.http.pagination import numbered_page
from web.http.sorting import sorted_rows

if TYPE_CHECKING:
    from review.models import Task
    from training.runs.proposal import Proposal

SORTED_BY = {"student": "student__name", "state": "job__state", "launched": "created_at"}


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task, member = task_or_404(member_of(request), slug), member_of(request)
    may_lead = may(member, task, Role.LEAD)
    proposed = proposal.propose(task, queries.frozen_versions(task).first()) if may_lead else None
    form, refusal = _form(request, task, proposed), None
    preset = PRESETS[form.initial["recipe"]]
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            run = launch_run.launch(
                requested_by(member_of(request), chosen),
                recipe=chosen["recipe"],
                overrides=form.overrides(),
                by=member_of(request),
            )
            return redirect("training:run", run.pk)
        except Refusal as error:
            refusal = error
    runs, heads = sorted_rows(
        runs_queries.listed(member_of(request), task=task), request.GET.get("sort", ""), SORTED_BY
    )
    context = {
        "task": task,
        "section": "training",
        "form": form,
        "refusal": refusal,
        "preset": preset,
        "lines": recipe_selectors.recipe_values(preset, has_hosts=device_needs.are_several_hosts()),
        "typed": typed_overrides(request.POST),
        "problems": refusal.errors if refusal else {},
        "page": numbered_page(runs, request.GET.get("page")),
        "heads": heads,
        "may_lead": may_lead,
        "students": student_selectors.all_students(),
        "proposed": proposed,
        **(download_context(member) if proposed else {}),
    }
    return render(request, "training/index.html", context, status=refusal.status if refusal else 200)


@require_safe
def recipe(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form = _form(request, task)
    preset = PRESETS[form.initial["recipe"]]
    lines = recipe_selectors.recipe_values(preset, has_hosts=device_needs.are_several_hosts())
    context = {"task": task, "preset": preset, "lines": lines, "form": form}
    return render(request, "training/_recipe_chosen.html", context)


@require_safe
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    context: dict[str, Any] = {"task": task}
    try:
        run_request = requested(
            member_of(request),
            dataset_version=uuid_or_none(request.GET.get("dataset_version", "")) or NO_ID,
            student=request.GET.get("student", ""),
            device=request.GET.get("device") or "auto",
            teacher=request.GET.get("teacher"),
        )
        context["estimate"] = forecast.forecast_of_form(
            run_request, recipe=request.GET.get("recipe", ""), overrides=overrides_of(request.GET)
        ).as_json()
    except Refusal as error:
        context["refusal"] = error
    return render(request, "training/_estimate.html", context)


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return render(request, "training/run.html", _run_context(request, run_id))


@require_safe
def outcome(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return render(request, "training/_outcome.html", _run_context(request, run_id))


@require_safe
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    chosen = runs_queries.runs_by_id(member_of(request), task, request.GET.getlist("run"))
    metrics = {run_row.name: runs_queries.metrics(run_row) for run_row in chosen}
    unit = charts.unit_of([run_row.objective for run_row in chosen])
    context = {
        "task": task,
        "section": "training",
        "runs": chosen,
        "validation": charts.overlay(metrics, "val_loss", f"validation loss, {unit}"),
        "losses": charts.overlay(metrics, "loss", f"training loss, {unit}"),
        "differences": recipe_selectors.differing_values([run_row.recipe for run_row in chosen]),
        **comparison.side_by_side(chosen, metrics, request.GET.get("metric", "")),
    }
    return render(request, "training/compare.html", context)


def _form(request: HttpRequest, task: Task, proposed: Proposal | None = None) -> LaunchForm:
    students, no_classifier = list(student_selectors.all_students()), why_no_classifier(task)
    kept = ("dataset_version", "student", "starts_from", "teacher")
    chosen = {name: request.GET[name] for name in kept if request.GET.get(name)}
    recipe_slug = (request.POST if request.method == "POST" else request.GET).get("recipe", "")
    initial = first_choice(
        students,
        recipe=recipe_slug,
        student=chosen.get("student", ""),
        no_classifier=no_classifier,
        proposed=proposed.student.slug if proposed and proposed.student else "",
    )
    return LaunchForm(
        request.POST if request.method == "POST" else None,
        versions=queries.frozen_versions(task).select_related("dataset"),
        students=students,
        miniatures=miniature_selectors.listed(member_of(request), task=task),
        no_classifier=no_classifier,
        initial={**initial, **chosen},
    )


def _how_it_runs(metrics: charts.Metrics) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Name, title, live series and points of each chart; charts without values are left out."""
    figures = [
        ("gradients", "Gradient norm", "grad_norm:gradient norm", charts.gradients(metrics)),
        ("speed", "Speed", "tokens_per_s:tokens a second", charts.speed(metrics)),
        ("memory", "Memory", "peak_memory_gib:peak gpu_memory_gib:GPUs now", charts.memory(metrics)),
    ]
    if not charts.points(metrics, "loss") or charts.tells_use(metrics):
        live = "mfu:model FLOPs (MFU) gpu_utilisation:GPU busy"
        figures.insert(2, ("use", "Device utilisation", live, charts.utilisation(metrics)))
    return figures


def _run_context(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    run_row = runs_queries.run_or_404(member_of(request), run_id)
    # The row's seq is read before its events: the stream continues from there, and what stands in both is drawn once.
    metrics = runs_queries.metrics(run_row)
    return {
        "task": run_row.task,
        "section": "training",
        "run": run_row,
        "job": run_row.job,
        "may_steer": may_steer(member_of(request), run_row.job),
        "loss": charts.losses(metrics, run_row.objective),
        "loss_unit": charts.LOSS_UNITS[run_row.objective],
        "prefers": run_row.objective in ("dpo", "kto"),
        "rewards": charts.rewards(metrics),
        "likelihood": charts.log_probabilities(metrics),
        "agreement": charts.agreement(metrics),
        "measured": runs_queries.classifier_scores(run_row),
        "accuracies": charts.accuracies(metrics) if run_row.is_classifier else None,
        "texts": charts.texts(metrics),
        "rate": charts.learning_rate(metrics),
        "how_it_runs": _how_it_runs(metrics),
        "scaling": charts.scaling(metrics),
        "cost": run_cost(run_row),
        "precision": compare_with_fp32(run_row),
        "sweep": runs_queries.sweep_of_run(run_row),
        "watching": followers.following_context(member_of(request), run_row.job),
        "mails_go": settings.NOTICES_BY_MAIL,
        "latest": runs_queries.latest_values(metrics),
        "samples": runs_queries.samples(run_row),
        "checkpoints": runs_queries.checkpoints(run_row),
        "log": runs_queries.log_lines(run_row),
        "lines": recipe_selectors.recipe_values(PRESETS[run_row.recipe_name], run_row.recipe),
        "preset": PRESETS[run_row.recipe_name],
        "lineage": lineage.run_lineage(run_row),
    }
