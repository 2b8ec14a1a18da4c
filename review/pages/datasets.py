"""Pages of datasets: the selections of a task, one selection, one frozen version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from review import dataset_filters
from review.forms.datasets import DatasetForm, FilterForm
from review.permissions import may, task_or_404
from review.selectors import datasets as selectors
from review.selectors import versions as version_selectors
from review.selectors.erased import erased_rows
from review.services import datasets
from review.states import Role
from web.errors import Refusal


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
    context = {**_detail_context(request, dataset, form), "refusal": refusal}
    return render(request, "review/datasets/detail.html", context, status=refusal.status if refusal else 400)


@require_http_methods(["GET"])
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    dataset = selectors.dataset_or_404(member_of(request), slug)
    found = version_selectors.by_number_or_404(dataset, number)
    context = {
        "task": dataset.task,
        "section": "datasets",
        "dataset": dataset,
        "version": found,
        "files": selectors.files_of(found),
        "erased_rows": erased_rows(found),
        "samples": version_selectors.samples(found),
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "review/datasets/version.html", context)


def _detail_context(request: HttpRequest, dataset: Any, form: FilterForm) -> dict[str, Any]:
    chosen = dataset_filters.parse(form.filters() if form.is_bound and form.is_valid() else dataset.filters)
    return {
        "task": dataset.task,
        "section": "datasets",
        "dataset": dataset,
        "form": form,
        "preview": datasets.preview(dataset.task, chosen),
        "versions": version_selectors.with_change(dataset),
        "may_lead": may(member_of(request), dataset.task, Role.LEAD),
    }
