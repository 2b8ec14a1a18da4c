"""Pages of lists: the drafts of a task, searched and narrowed, and drafts that are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members.session import member_of
from review.bulk import approved_texts, listing, planning, similar_drafts, wording
from review.bulk.planning import pack_ids
from review.bulk.wording import LONGEST_SAMPLE
from review.desk import lead_queue
from review.drafts import draft_filters, queries
from review.drafts.draft_filters import DraftFilter
from review.spec.readable import readable
from review.spec.spec_diff import word_diff
from review.states import Role
from review.tasks.permissions import task_or_404
from web import zones
from web.http.htmx import is_htmx

if TYPE_CHECKING:
    from review.bulk.similar_drafts import DraftCluster
    from review.models import Draft

# The first of the filters stand beside the search box, the others behind a click.
IN_SIGHT = 3


@require_safe
def list_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    draft_filter = draft_filters.parse(request.GET, zone=zones.name_for(request))
    page = listing.page(member, task, draft_filter, cursor=request.GET.get("after", ""))
    filters = listing.filters(member, task, draft_filter)
    context = {
        **lead_queue.tabs(member, task),
        "page": page,
        "lines": listing.list_rows(page.rows, draft_filter, member=member, task=task),
        "wanted": draft_filter,
        "zone": draft_filter.chosen.get(draft_filters.ZONE, zones.name_for(request)),
        "filters_in_sight": filters[:IN_SIGHT],
        "filters_behind": filters[IN_SIGHT:],
        "is_open": any(each.chosen for each in filters[IN_SIGHT:]),
        "chips": _chips(filters, draft_filter),
        "address": urlencode(draft_filter.as_json()),
        "groups": [] if draft_filter.is_anything else listing.same_label(member, task),
        "acts": [wording.act(each) for each in planning.latest(member, task)],
    }
    return render(request, "review/bulk/list.html", context)


def _chips(filters: list[listing.FilterControl], draft_filter: DraftFilter) -> list[dict[str, Any]]:
    set_ = [("q", listing.LABELS["q"], draft_filter.words, False)] if draft_filter.words else []
    set_ += [(each.name, each.label, each.words, each.has_own_words) for each in filters if each.chosen]
    # An address may hold a filter that is not offered to this member; it narrows all the same, so it is shown.
    offered = {each.name for each in filters}
    set_ += [
        (name, listing.LABELS[name], value, False)
        for name, value in draft_filter.chosen.items()
        if name not in offered | {draft_filters.ZONE}
    ]
    everything = draft_filter.as_json()
    return [
        {
            "label": label,
            "words": words,
            "has_own_words": has_own_words,
            "without": urlencode({key: value for key, value in everything.items() if key != name}),
        }
        for name, label, words, has_own_words in set_
    ]


@require_safe
def clusters_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    clusters, looked_at = similar_drafts.clusters(task)
    context = {
        **lead_queue.tabs(member, task),
        "clusters": [_cluster(cluster) for cluster in clusters],
        "looked_at": looked_at,
        "is_cut": looked_at >= similar_drafts.CLUSTERED,
    }
    return render(request, "review/bulk/clusters.html", context)


@require_safe
def similar_page(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    draft = queries.draft_or_404(member, draft_id, task=task)
    matches = similar_drafts.similar(draft)
    lines = listing.list_rows([match.draft for match in matches], DraftFilter(), member=member, task=task)
    context = {
        **lead_queue.tabs(member, task),
        "draft": draft,
        "text": _text(draft),
        "lines": [
            {**line, "share": match.share, "segments": word_diff(_text(draft), _text(match.draft))}
            for line, match in zip(lines, matches, strict=True)
        ],
        "compared": similar_drafts.COMPARED,
    }
    return render(request, "review/bulk/similar.html", context)


@require_safe
def approved_page(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    draft = queries.draft_or_404(member, draft_id, least=Role.REVIEWER)
    context = {
        "task": draft.task,
        "section": "review",
        "draft": draft,
        "texts": approved_texts.most_similar(member, draft),
        "is_kept": approved_texts.is_kept_from(member, draft),
    }
    return render(request, f"review/bulk/{'_' if is_htmx(request) else ''}approved.html", context)


def _cluster(cluster: DraftCluster) -> dict[str, Any]:
    leader, *others = cluster.shown
    text = _text(leader)
    return {
        "count": len(cluster.ids),
        "title": leader.record.title,
        "id": leader.pk,
        "text": text,
        "others": [
            {"title": other.record.title, "id": other.pk, "segments": word_diff(text, _text(other))} for other in others
        ],
        "ids": pack_ids(cluster.ids[: planning.AT_MOST]),
    }


def _text(draft: Draft) -> str:
    return readable(draft.task_version.spec, draft.fields)[:LONGEST_SAMPLE]
