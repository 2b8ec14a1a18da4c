"""Pages of runs: launch, list, one run live, several side by side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from jobs.selectors import may_steer
from members.session import member_of
from review.permissions import may, task_or_404
from review.selectors import datasets
from review.states import Role
from training import charts
from training.forms import LaunchForm, overrides_of, typed_in
from training.presets import PRESETS
from training.selectors import beginnings, compared, lineage, pages, sweeps, watching
from training.selectors import miniatures as miniature_selectors
from training.selectors import recipes as recipe_selectors
from training.selectors import runs as selectors
from training.selectors import students as student_selectors
from training.selectors.precision import against_fp32
from training.selectors.run_cost import run_cost
from training.services import forecast, runs
from web.errors import Refusal


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, refusal = _form(request, task), None
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            run = runs.launch(
                dataset_version=datasets.version_or_404(member_of(request), chosen["dataset_version"]),
                student=student_selectors.by_slug(chosen["student"]),
                recipe=chosen["recipe"],
                overrides=form.overrides(),
                device=chosen["device"],
                by=member_of(request),
                **beginnings.named(
                    member_of(request), task, starts_from=chosen["starts_from"], teacher=chosen["teacher"]
                ),
            )
            return redirect("training:run", run.pk)
        except Refusal as error:
            refusal = error
    context = {
        "task": task,
        "section": "training",
        "form": form,
        "refusal": refusal,
        "preset": _preset(request),
        "lines": recipe_selectors.lines(_preset(request)),
        "typed": typed_in(request.POST),
        "problems": refusal.errors if refusal else {},
        "page": pages.page(selectors.listed(member_of(request), task=task), request.GET.get("page")),
        "may_lead": may(member_of(request), task, Role.LEAD),
        "students": student_selectors.all_students(),
    }
    return render(request, "training/index.html", context, status=refusal.status if refusal else 200)


@require_GET
def recipe(request: HttpRequest, slug: str) -> HttpResponse:
    """The table of a recipe's values, for the launch form."""
    task = task_or_404(member_of(request), slug)
    preset = _preset(request)
    context = {"task": task, "preset": preset, "lines": recipe_selectors.lines(preset), "form": _form(request, task)}
    return render(request, "training/_recipe_chosen.html", context)


@require_GET
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    """What the run in the launch form would take; a refusal stands in its place."""
    task = task_or_404(member_of(request), slug)
    context: dict[str, Any] = {"task": task}
    teacher = request.GET.get("teacher", "")
    try:
        version = datasets.version_or_404(member_of(request), _uuid(request.GET.get("dataset_version", "")))
        context["estimate"] = forecast.of_choice(
            dataset_version=version,
            student=student_selectors.by_slug(request.GET.get("student", "")),
            recipe=request.GET.get("recipe", ""),
            overrides=overrides_of(request.GET),
            device=request.GET.get("device") or "auto",
            teacher=student_selectors.by_slug(teacher) if teacher else None,
        ).as_json()
    except Refusal as error:
        context["refusal"] = error
    return render(request, "training/_estimate.html", context)


@require_GET
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    return render(request, "training/run.html", _run_context(request, run_id))


@require_GET
def outcome(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The head of a run's page, loaded again when its job has ended."""
    return render(request, "training/_outcome.html", _run_context(request, run_id))


@require_GET
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    chosen = selectors.chosen(member_of(request), task, request.GET.getlist("run"))
    metrics = {one.name: selectors.metrics(one) for one in chosen}
    unit = charts.unit_of([one.objective for one in chosen])
    context = {
        "task": task,
        "section": "training",
        "runs": chosen,
        "validation": charts.overlay(metrics, "val_loss", f"validation loss, {unit}"),
        "losses": charts.overlay(metrics, "loss", f"training loss, {unit}"),
        "differences": recipe_selectors.difference([one.recipe for one in chosen]),
        **compared.side_by_side(chosen, metrics, request.GET.get("metric", "")),
    }
    return render(request, "training/compare.html", context)


def _uuid(text: str) -> UUID:
    """The id, or one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _form(request: HttpRequest, task: Any) -> LaunchForm:
    preset = _preset(request)
    kept = ("dataset_version", "student", "starts_from", "teacher")
    initial = {"recipe": preset.name, **{name: request.GET[name] for name in kept if request.GET.get(name)}}
    return LaunchForm(
        request.POST if request.method == "POST" else None,
        versions=datasets.frozen_versions(task).select_related("dataset"),
        students=student_selectors.all_students(),
        miniatures=miniature_selectors.listed(member_of(request), task=task),
        initial=initial,
    )


def _preset(request: HttpRequest) -> Any:
    name = (request.POST if request.method == "POST" else request.GET).get("recipe", "")
    return PRESETS.get(name) or PRESETS["demo"]


def _how_it_runs(metrics: charts.Metrics) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Name, title, live series and points of each chart; steps that tell nothing of the device's use have no chart of it."""
    found = [
        ("gradients", "Gradient norm", "grad_norm:gradient norm", charts.gradients(metrics)),
        ("speed", "Speed", "tokens_per_s:tokens a second", charts.speed(metrics)),
        ("memory", "Memory", "peak_memory_gib:peak gpu_memory_gib:GPUs now", charts.memory(metrics)),
    ]
    if not charts.points(metrics, "loss") or charts.tells_use(metrics):
        live = "mfu:model FLOPs (MFU) gpu_utilisation:GPU busy"
        found.insert(2, ("use", "Use of the device", live, charts.utilisation(metrics)))
    return found


def _run_context(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    found = selectors.run_or_404(member_of(request), run_id)
    # The row's seq is read before its events: the stream goes on from there, and what stands in both is drawn once.
    metrics = selectors.metrics(found)
    return {
        "task": found.task,
        "section": "training",
        "run": found,
        "job": found.job,
        "may_steer": may_steer(member_of(request), found.job),
        "loss": charts.losses(metrics, found.objective),
        "loss_unit": charts.LOSS_UNITS[found.objective],
        "prefers": found.objective in ("dpo", "kto"),
        "rewards": charts.rewards(metrics),
        "likelihood": charts.log_probabilities(metrics),
        "agreement": charts.agreement(metrics),
        "texts": charts.texts(metrics),
        "rate": charts.learning_rate(metrics),
        "how_it_runs": _how_it_runs(metrics),
        "scaling": charts.scaling(metrics),
        "cost": run_cost(found),
        "precision": against_fp32(found),
        "sweep": sweeps.of_run(found),
        "watching": watching.standing(member_of(request), found.job),
        "mails_go": settings.NOTICES_BY_MAIL,
        "latest": pages.latest(metrics),
        "samples": selectors.samples(found),
        "checkpoints": selectors.checkpoints(found),
        "log": selectors.log_lines(found),
        "lines": recipe_selectors.lines(PRESETS[found.recipe_name], found.recipe),
        "preset": PRESETS[found.recipe_name],
        "lineage": lineage.of_run(found),
    }
