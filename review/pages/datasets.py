"""Pages of datasets: the selections of a task, and the builder of one with its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from review import dataset_filters
from review.dataset_filters import DatasetFilters
from review.forms.datasets import DatasetForm, FilterForm
from review.permissions import may, task_or_404
from review.selectors import datasets as selectors
from review.selectors import versions as version_selectors
from review.services import datasets
from review.services.datasets import counting
from review.states import Role
from web.errors import Refusal

if TYPE_CHECKING:
    from review.models import Dataset


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, refusal = DatasetForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            made = datasets.create(task, name=form.cleaned_data["name"], by=member_of(request))
            return redirect("review:dataset", made.slug)
        except Refusal as error:
            refusal = error
    context = {
        "task": task,
        "section": "datasets",
        "form": form,
        "refusal": refusal,
        "datasets": version_selectors.datasets_with_newest(member_of(request), task),
        "golds": selectors.gold_counts(task),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    return render(request, "review/datasets/index.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET"])
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = selectors.dataset_or_404(member_of(request), slug)
    form = FilterForm(request.GET if "verdicts" in request.GET else None, dataset=dataset)
    return render(request, "review/datasets/detail.html", _detail_context(request, dataset, form))


@require_http_methods(["GET"])
def counts(request: HttpRequest, slug: str) -> HttpResponse:
    """What the filters in the form would take; replaces the counts while the form is filled in."""
    dataset = selectors.dataset_or_404(member_of(request), slug)
    form = FilterForm(request.GET, dataset=dataset)
    return render(request, "review/datasets/_counts.html", {"dataset": dataset, **_counted(dataset, form)})


@require_http_methods(["GET"])
def rows(request: HttpRequest, slug: str) -> HttpResponse:
    """The drafts that the filters would take, a page at a time; with `as_of`, what they took on that day."""
    dataset = selectors.dataset_or_404(member_of(request), slug)
    form = FilterForm(request.GET if "verdicts" in request.GET else None, dataset=dataset)
    filters, refusal = _chosen(dataset, form)
    at = request.GET.get("from", "0")
    kept = request.GET.copy()
    kept.pop("from", None)
    context = {
        "task": dataset.task,
        "section": "datasets",
        "dataset": dataset,
        "filters": filters,
        "refusal": refusal,
        "query": kept.urlencode(),
        "page": counting.rows(dataset.task, filters, start=int(at) if at.isdecimal() else 0),
    }
    return render(request, "review/datasets/rows.html", context)


@require_POST
def freeze(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = selectors.dataset_or_404(member_of(request), slug)
    form = FilterForm(request.POST, dataset=dataset)
    refusal = None
    if form.is_valid():
        try:
            made = datasets.freeze(
                dataset, by=member_of(request), note=form.cleaned_data["note"], filters=form.filters()
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, f"Version {made.number} is being frozen.")
            return redirect("review:dataset-version", dataset.slug, made.number)
    context = {**_detail_context(request, dataset, form), **({"refusal": refusal} if refusal else {})}
    return render(request, "review/datasets/detail.html", context, status=refusal.status if refusal else 400)


def _detail_context(request: HttpRequest, dataset: Dataset, form: FilterForm) -> dict[str, Any]:
    return {
        "task": dataset.task,
        "section": "datasets",
        "dataset": dataset,
        "form": form,
        "versions": version_selectors.with_change(dataset),
        "may_lead": may(member_of(request), dataset.task, Role.LEAD),
        **_counted(dataset, form),
    }


def _counted(dataset: Dataset, form: FilterForm) -> dict[str, Any]:
    filters, refusal = _chosen(dataset, form)
    return {"preview": counting.of(dataset.task, filters), "refusal": refusal}


def _chosen(dataset: Dataset, form: FilterForm) -> tuple[DatasetFilters, Refusal | None]:
    """The filters of the form where it holds any that are right, else those of the dataset."""
    stored = dataset_filters.parse(dataset.filters)
    if not form.is_bound or not form.is_valid():
        return stored, None
    try:
        return dataset_filters.parse(form.filters()), None
    except Refusal as refusal:
        return stored, refusal
