"""Pages of datasets: the selections of a task, the builder of one with its counts, and exports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from review.datasets import dataset_filters, doubtful, freezing, hub_push, queries, selection_preview, version_queries
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.forms import DatasetForm, FilterForm, PushForm
from review.desk.decisions import queries as decisions_queries
from review.states import Role
from review.tasks.permissions import may, task_or_404
from web import zones
from web.errors import Refusal
from web.http.form_errors import submit
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from review.models import Dataset, DatasetVersion


def page_of(dataset: Dataset) -> dict[str, Any]:
    """Return what every page of a dataset shows around its own part."""
    return {"task": dataset.task, "section": "datasets", "dataset": dataset}


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, refusal = DatasetForm(request.POST or None, initial={"name": queries.free_name(task)}), None
    if request.method == "POST" and form.is_valid():
        try:
            made = freezing.create(task, name=form.cleaned_data["name"], by=member_of(request))
            if request.POST.get("do") == "freeze":
                version = freezing.freeze(made, by=member_of(request))
                return redirect("review:dataset-version", made.slug, version.number)
            return redirect("review:dataset", made.slug)
        except Refusal as error:
            refusal = error
    context = {
        "task": task,
        "section": "datasets",
        "form": form,
        "refusal": refusal,
        "datasets": version_queries.datasets_with_newest(member_of(request), task),
        "golds": queries.gold_counts(task),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    return render(request, "review/datasets/index.html", context, status=refusal.status if refusal else 200)


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = queries.dataset_or_404(member_of(request), slug)
    form = _shown_form(request, dataset)
    return render(request, "review/datasets/detail.html", _detail_context(request, dataset, form))


@require_safe
def counts(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = queries.dataset_or_404(member_of(request), slug)
    form = FilterForm(request.GET, dataset=dataset)
    return render(request, "review/datasets/_counts.html", {"dataset": dataset, **_counted(request, dataset, form)})


@require_safe
def rows(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = queries.dataset_or_404(member_of(request), slug)
    form = _shown_form(request, dataset)
    filters, refusal = _chosen(dataset, form)
    at = request.GET.get("from", "0")
    page = selection_preview.selected_drafts(dataset.task, filters, start=whole_number(at, otherwise=0))
    context = {
        **page_of(dataset),
        "filters": filters,
        "refusal": refusal,
        "query": _query(request),
        "page": page,
        "mails": decisions_queries.mails_of([row["decision"] for row in page.rows], member_of(request)),
    }
    return render(request, "review/datasets/rows.html", context)


@require_safe
def doubtful_golds(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = queries.dataset_or_404(member_of(request), slug)
    form = _shown_form(request, dataset)
    filters, refusal = _chosen(dataset, form)
    context = {
        **page_of(dataset),
        "refusal": refusal,
        "query": _query(request),
        "found": doubtful.look(dataset.task, filters),
        "shown": doubtful.SHOWN,
    }
    return render(request, "review/datasets/doubtful.html", context)


@require_POST
def freeze(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = queries.dataset_or_404(member_of(request), slug)
    form = FilterForm(request.POST, dataset=dataset)
    refusal = None
    if form.is_valid():
        try:
            made = freezing.freeze(
                dataset, by=member_of(request), note=form.cleaned_data["note"], filters=form.filters()
            )
        except Refusal as error:
            refusal = error
        else:
            if made.is_unchanged:
                messages.info(request, f"Nothing changed since version {made.number}.")
            else:
                messages.success(request, f"Version {made.number} is being frozen.")
            return redirect("review:dataset-version", dataset.slug, made.number)
    context = {**_detail_context(request, dataset, form), **({"refusal": refusal} if refusal else {})}
    return render(request, "review/datasets/detail.html", context, status=refusal.status if refusal else 400)


def _shown_form(request: HttpRequest, dataset: Dataset) -> FilterForm:
    data = request.GET if "verdicts" in request.GET else None
    return FilterForm(data, dataset=dataset, zone=zones.name_for(request))


def _detail_context(request: HttpRequest, dataset: Dataset, form: FilterForm) -> dict[str, Any]:
    return {
        **page_of(dataset),
        "form": form,
        "versions": version_queries.with_change(dataset),
        "may_lead": may(member_of(request), dataset.task, Role.LEAD),
        **_counted(request, dataset, form),
    }


def _counted(request: HttpRequest, dataset: Dataset, form: FilterForm) -> dict[str, Any]:
    filters, refusal = _chosen(dataset, form)
    preview = selection_preview.count_selection(dataset.task, filters)
    return {"preview": preview, "refusal": refusal, "query": _query(request)}


def _query(request: HttpRequest) -> str:
    kept = request.GET.copy()
    for name in ("from", "csrfmiddlewaretoken"):
        kept.pop(name, None)
    return kept.urlencode()


def _chosen(dataset: Dataset, form: FilterForm) -> tuple[DatasetFilters, Refusal | None]:
    """Return the filters of the form; where it has mistakes, those of the dataset and a refusal that names them."""
    stored = dataset_filters.parse(dataset.filters)
    if not form.is_bound:
        return stored, None
    mistakes = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
    if not mistakes:
        try:
            return dataset_filters.parse(form.filters()), None
        except Refusal as refusal:
            mistakes = refusal.errors
    hint = "The stored filters are shown."
    return stored, Refusal("bad_filters", "The filters have mistakes.", hint=hint, errors=mistakes)


@require_http_methods(["GET", "HEAD", "POST"])
def version_export(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    member = member_of(request)
    dataset = queries.dataset_or_404(member, slug)
    version = version_queries.by_number_or_404(dataset, number)
    form = PushForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_recent(request)
        push = partial(hub_push.push, version, by=member)
        job, _ = submit(form, lambda values: push(**values | {"formats": tuple(values["formats"])}))
        if job:
            messages.success(request, "The version is on its way to the hub.")
            return redirect("jobs:detail", job_id=job.pk)
    context = {
        **page_of(dataset),
        "version": version,
        "lines": version_queries.format_lines(version),
        "labels": version.counts.get("labels", {}),
        "pairs": version.counts.get("pairs", {}),
        "form": form,
        "may_lead": may(member, dataset.task, Role.LEAD),
        **_snippets(request, version),
    }
    return render(request, "review/exports/version.html", context, status=422 if form.errors else 200)


@require_safe
def snippets(request: HttpRequest) -> HttpResponse:
    version = version_queries.newest_frozen(member_of(request))
    return render(request, "review/exports/_snippets.html", {"version": version, **_snippets(request, version)})


def _snippets(request: HttpRequest, version: DatasetVersion | None) -> dict[str, Any]:
    return {
        "site": request.build_absolute_uri("/").rstrip("/"),
        "splits": version_queries.filled_splits(version) if version else [],
    }
