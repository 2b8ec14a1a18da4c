"""Pages of frozen versions: one of them, two of them set against each other, and taking a sample out of use."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from members.session import member_of
from review.datasets import data_card, removed_samples, revocations, row_changes, version_diff, version_queries
from review.datasets import queries as datasets_queries
from review.datasets.forms import RevokeForm
from review.datasets.pages import page_of
from review.datasets.selection_preview import balance_of
from review.drafts import queries
from review.states import Role
from review.tasks.permissions import may, task_or_404
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.safe_redirect import safe_next_path
from web.whole_numbers import whole_number


@require_safe
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    dataset = datasets_queries.dataset_or_404(member_of(request), slug)
    dataset_version = version_queries.by_number_or_404(dataset, number)
    marks = removed_samples.removed_counts(dataset_version)
    context = {
        **page_of(dataset),
        "version": dataset_version,
        "before": row_changes.before(dataset_version),
        "files": datasets_queries.files_of(dataset_version),
        "marks": marks,
        "labels": balance_of(dataset_version.counts.get("balance", {})),
        "revocations": removed_samples.in_version(dataset_version) if marks["revoked"] else [],
        "samples": version_queries.samples(dataset_version),
        "found": version_queries.manifest_figures(dataset_version),
        "card": data_card.blocks(dataset_version.card),
        "may_lead": may(member_of(request), dataset.task, Role.LEAD),
        "splits": version_queries.filled_splits(dataset_version),
        "mails": version_queries.mails_of(member_of(request), dataset_version),
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "review/datasets/version.html", context)


@require_safe
def diff(request: HttpRequest, slug: str, older: int, newer: int) -> HttpResponse:
    dataset = datasets_queries.dataset_or_404(member_of(request), slug)
    a, b = (version_queries.by_number_or_404(dataset, number) for number in (older, newer))
    if not (a.is_frozen and b.is_frozen):
        raise Http404("Only frozen versions can be compared.")
    counts = row_changes.counts(a, b)
    filled = next((kind_name for kind_name in row_changes.KINDS if counts[kind_name]), row_changes.KINDS[0])
    kind = next((kind_name for kind_name in row_changes.KINDS if kind_name == request.GET.get("kind")), filled)
    rows, last = version_diff.page(a, b, kind, after=uuid_or_none(request.GET.get("after", "")))
    context = {
        **page_of(dataset),
        "older": a,
        "newer": b,
        "kind": kind,
        "counts": [(kind_name, counts[kind_name]) for kind_name in row_changes.KINDS],
        "rows": rows,
        "last": last,
        "is_first": not request.GET.get("after"),
        "numbers": version_queries.frozen_numbers(dataset),
    }
    return render(request, "review/datasets/diff.html", context)


@require_safe
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    dataset = datasets_queries.dataset_or_404(member_of(request), slug)
    chosen = [whole_number(request.GET.get(name, ""), otherwise=0) for name in ("older", "newer")]
    if not all(chosen):
        raise Http404("Two versions are compared by their numbers.")
    return redirect("review:dataset-diff", dataset.slug, *chosen)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    draft = queries.draft_or_404(member, draft_id, task=task)
    form, refusal = RevokeForm(request.POST or None), None
    back = _back(request) or reverse("review:draft", args=[slug, draft_id])
    if request.method == "POST" and form.is_valid():
        try:
            revocations.revoke(draft_id, by=member, reason=form.cleaned_data["reason"])
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, "Revoked. Later versions leave it out; what was made with it says so.")
            return redirect(back)
    context = {
        "task": task,
        "section": "datasets",
        "draft": draft,
        "form": form,
        "refusal": refusal,
        "back": back,
        "revocation": removed_samples.of_draft(draft_id),
        "used_in": version_queries.holding(draft_id),
    }
    return render(request, "review/datasets/revoke.html", context, status=refusal.status if refusal else 200)


def _back(request: HttpRequest) -> str:
    """Return the page of this site to go to afterwards; empty for any other address."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return safe_next_path(target, otherwise="")
