"""Pages of share-outs: how many cards among whom until when, the split beforehand, how far each got, the undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from review.adjudication.desk_settings import queries as desk_settings_queries
from review.adjudication.share_outs import queries, share
from review.adjudication.share_outs.share import AT_MOST
from review.desk import lead_queue
from review.states import Role
from review.tasks.permissions import task_or_404
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from members.models import Member
    from review.adjudication.share_outs.share import SharePlan, ShareRequest
    from review.models import Task

ASKED = ("count", "members", "until")
SHARES_A_PAGE = 10


class ShareOutForm(forms.Form):
    count = forms.IntegerField(label="Cards", min_value=1, max_value=AT_MOST)
    members = forms.MultipleChoiceField(label="Among these reviewers", widget=forms.CheckboxSelectMultiple)
    until = forms.DateField(
        label="Until the end of",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="UTC. Cards not judged by then are open to everybody again.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, reviewers: Sequence[Member], initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        set_choices(self, "members", [(member.username, member.name) for member in reviewers])


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    values = request.POST if request.method == "POST" else request.GET
    reviewers = desk_settings_queries.reviewers(task)
    form = ShareOutForm(values if set(values) & set(ASKED) else None, reviewers=reviewers, initial=_initial(reviewers))
    refusal: Refusal | None = None
    shown: SharePlan | None = None
    if form.is_bound and form.is_valid():
        try:
            chosen = share.read_request(task, by=member, **form.cleaned_data)
            if request.method == "POST":
                messages.success(request, _carry_out(task, chosen, member, values.get("act", "")))
                return redirect("review:share-outs", slug)
            shown = share.preview(task, chosen)
        except Refusal as error:
            refusal = error
    shares = numbered_page(queries.of_task(task), request.GET.get("page"), size=SHARES_A_PAGE)
    context: dict[str, Any] = {
        **lead_queue.tabs(member, task),
        "form": form,
        "has_reviewers": bool(reviewers),
        "refusal": refusal,
        "shown": shown,
        "act_id": uuid4(),
        "shares": shares,
        "progress": queries.progress_of(list(shares)),
    }
    return render(request, "review/share_outs/index.html", context, status=refusal.status if refusal else 200)


@require_POST
def undo_page(request: HttpRequest, share_id: UUID) -> HttpResponse:
    member = member_of(request)
    made = queries.share_or_404(member, share_id)
    try:
        share.undo(share_id, by=member)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Taken back: cards not judged are open to everybody again.")
    return redirect("review:share-outs", made.task.slug)


def _initial(reviewers: list[Member]) -> dict[str, Any]:
    return {
        "count": 100,
        "members": [member.username for member in reviewers],
        "until": timezone.now().date() + timedelta(days=3),
    }


def _carry_out(task: Task, chosen: ShareRequest, member: Member, act: str) -> str:
    act_id = uuid_or_none(act)
    if act_id is None:
        raise Refusal("no_act", "The form names no act.", hint="Reload the page.")
    made = share.share_out(task, chosen, by=member, id=act_id)
    return f"{made.count:,} card{'s' * (made.count != 1)} shared out until the end of {made.until:%A, %-d %B}."
