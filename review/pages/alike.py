"""Drafts that are nearly the same, in clusters, and those that are like one draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from members.session import member_of
from review import prompting
from review.pages.bulk_words import LONGEST_SAMPLE
from review.pages.packing import packed
from review.permissions import may, task_or_404
from review.selectors import alike, bulk, desk, listing, rulings
from review.selectors.narrowing import Wanted
from review.spec_diff import word_diff
from review.states import Role

if TYPE_CHECKING:
    from review.models import Draft
    from review.selectors.alike import Cluster


@require_GET
def clusters_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    found, looked_at = alike.clusters(task)
    context = {
        "task": task,
        "section": "review",
        "clusters": [_cluster(one) for one in found],
        "looked_at": looked_at,
        "is_cut": looked_at >= alike.CLUSTERED,
        "may_review": may(member, task, Role.REVIEWER),
        "waiting": rulings.waiting_for(member, task),
    }
    return render(request, "review/bulk/clusters.html", context)


@require_GET
def similar_page(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    draft = desk.draft_or_404(member, draft_id, task=task)
    found = alike.similar(draft)
    lines = listing.lines([one.draft for one in found], Wanted(), member=member, task=task)
    context = {
        "task": task,
        "section": "review",
        "draft": draft,
        "text": _text(draft),
        "lines": [
            {**line, "share": one.share, "segments": word_diff(_text(draft), _text(one.draft))}
            for line, one in zip(lines, found, strict=True)
        ],
        "compared": alike.COMPARED,
        "may_review": may(member, task, Role.REVIEWER),
        "waiting": rulings.waiting_for(member, task),
    }
    return render(request, "review/bulk/similar.html", context)


def _cluster(one: Cluster) -> dict[str, Any]:
    leader, *others = one.shown
    text = _text(leader)
    return {
        "count": len(one.ids),
        "title": leader.record.title,
        "id": leader.pk,
        "text": text,
        "others": [
            {"title": other.record.title, "id": other.pk, "segments": word_diff(text, _text(other))}
            for other in others
        ],
        "ids": packed(one.ids[: bulk.AT_MOST]),
    }  # fmt: skip


def _text(draft: Draft) -> str:
    return prompting.completion(draft.task_version.spec, draft.fields)[:LONGEST_SAMPLE]
