"""The lead's page of how the desk deals: settings, known answers, and cards for one reviewer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.models import Member
from members.session import member_of
from review.adjudication.desk_settings import queries as desk_settings_queries
from review.adjudication.desk_settings import save_settings
from review.adjudication.known_answers import manage
from review.desk import assignments, lead_queue
from review.drafts import queries
from review.spec import numbers
from review.states import Role
from review.tasks import team
from review.tasks.permissions import task_or_404
from web.db.keys import uuid_or_none
from web.errors import Refusal

if TYPE_CHECKING:
    from review.models import Task

_Act = Callable[[Member, Any, QueryDict], str]


@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    refusal = None
    if request.method == "POST":
        try:
            messages.success(request, _ACTS.get(request.POST.get("act", ""), _nothing)(member, task, request.POST))
            return redirect("review:desk-settings", slug)
        except Refusal as error:
            refusal = error
    context: dict[str, Any] = {
        **desk_settings_queries.page(member, task),
        **lead_queue.tabs(member, task),
        "refusal": refusal,
        "written": request.POST,
    }
    context["random_percent"] = f"{context['desk'].random_share * 100:g}"
    context["overlap_percent"] = f"{context['desk'].overlap_share * 100:g}"
    return render(request, "review/settings/page.html", context, status=refusal.status if refusal else 200)


@require_POST
def know(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    draft = queries.draft_or_404(member, draft_id, task=task_or_404(member, slug))
    reason = request.POST.get("reason", "")
    try:
        manage.add(
            draft.pk,
            by=member,
            verdict=request.POST.get("verdict", ""),
            reasons=[reason] if reason else [],
            note=request.POST.get("note", ""),
        )
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
        return redirect("review:draft", slug, draft_id)
    messages.success(request, "It is now a known answer. You can remove it here.")
    return redirect("review:desk-settings", slug)


def _save(member: Member, task: Task, post: QueryDict) -> str:
    save_settings.save(
        task,
        by=member,
        order=post.get("order", ""),
        random_share=_number(post.get("random_percent", "")) / 100,
        overlap_share=_number(post.get("overlap_percent", "")) / 100,
        overlap_reviewers=_whole(post.get("overlap_reviewers", "")),
        known_every=_whole(post.get("known_every", "")),
    )
    return "Saved. It applies to cards given out from now on."


def _assign(member: Member, task: Task, post: QueryDict) -> str:
    to = team.member_named(post.get("member", ""), task=task, by=member)
    count = assignments.assign(
        task,
        to=to,
        by=member,
        count=_whole(post.get("count", "")),
        source=post.get("source", ""),
        teacher=post.get("teacher", ""),
    )
    if not count:
        return "No waiting card matches, so none was assigned."
    return f"{count} card{'s' * (count != 1)} wait{'s' * (count == 1)} for {to.name}."


def _take_back(member: Member, task: Task, post: QueryDict) -> str:
    to = team.member_named(post.get("member", ""), task=task, by=member)
    count = assignments.take_back(task, member=to, by=member)
    return f"{count} card{'s' * (count != 1)} of {to.name} wait{'s' * (count == 1)} for everybody."


def _take_out(member: Member, task: Task, post: QueryDict) -> str:
    known_id = uuid_or_none(post.get("known", ""))
    if known_id is None:
        raise Refusal("no_known_answer", "The form names no known answer.", hint="Reload the page.")
    kept = manage.retire(known_id, by=member)
    if kept is None:
        return "Removed. No one had judged it, so its draft is back in the queue."
    return "Removed; the verdicts given on it stay on record."


def _nothing(member: Member, task: Task, post: QueryDict) -> str:
    raise Refusal("no_act", "Nothing was changed.", hint="Press one of the buttons.")


def _number(text: str) -> float:
    """Return the number in a field of percents; a text that is no number fits no limits."""
    try:
        return numbers.read_typed(text)
    except ValueError:
        return math.nan


def _whole(text: str) -> int:
    return int(text) if text.strip().isdecimal() and len(text) < 10 else -1


_ACTS: dict[Any, _Act] = {"save": _save, "assign": _assign, "take_back": _take_back, "take_out": _take_out}
