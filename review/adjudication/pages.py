"""Pages of a lead: late decisions to adopt or leave, disputed drafts to settle, and the acts on a judged draft."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from review.adjudication import rulings, sending_back
from review.desk import forms, lead_queue
from review.desk.cards import assembly
from review.states import Role, RulingKind
from review.tasks.permissions import task_or_404
from web.db import keyset
from web.db.keys import uuid_or_none
from web.errors import Refusal

LATE_DONE = {RulingKind.ADOPT: "Adopted: it counts now.", RulingKind.LEAVE: "Dismissed; it stays on record."}


@require_http_methods(["GET", "HEAD", "POST"])
def late(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    refusal = None
    if request.method == "POST":
        try:
            messages.success(request, _rule_on_late(request))
            return redirect("review:late", slug)
        except Refusal as error:
            refusal = error
    page = keyset.page(lead_queue.late_decisions(task), cursor=request.GET.get("after", ""), size=20)
    context = {
        **lead_queue.tabs(member, task),
        "page": page,
        "lines": [lead_queue.late_line(decision) for decision in page.rows],
        "refusal": refusal,
    }
    return render(request, "review/rulings/late.html", context, status=refusal.status if refusal else 200)


def _rule_on_late(request: HttpRequest) -> str:
    member, decision = member_of(request), uuid_or_none(request.POST.get("decision", ""))
    if decision is None:
        raise Refusal("no_decision", "The form names no decision.", hint="Reload the page.")
    note = request.POST.get("note", "")
    if request.POST.get("act") == RulingKind.ADOPT:
        rulings.adopt(decision, by=member, if_match=request.POST.get("tag") or None, note=note)
        return LATE_DONE[RulingKind.ADOPT]
    rulings.leave(decision, by=member, note=note)
    return LATE_DONE[RulingKind.LEAVE]


@require_http_methods(["GET", "HEAD", "POST"])
def disputed(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    refusal = None
    if request.method == "POST":
        try:
            messages.success(request, _settle(request))
            return redirect("review:disputed", slug)
        except Refusal as error:
            refusal = error
    draft_id = uuid_or_none(request.POST.get("draft", "") or request.GET.get("card", ""))
    drafts = lead_queue.disputed_drafts(task)
    draft = drafts.filter(pk=draft_id).first() if draft_id else None
    draft = draft or drafts.first()
    context: dict[str, Any] = {
        **lead_queue.tabs(member, task),
        "draft": draft,
        "refusal": refusal,
    }
    if draft is not None:
        tag = lead_queue.dispute_etag(draft.pk)
        # What the lead wrote is in the editor again when it was refused.
        written = forms.fields_from(request.POST) or None
        card = assembly.card_to_read(draft, etag=tag, unfinished=written if draft.pk == draft_id else None)
        typed = request.POST if draft.pk == draft_id else {}
        sides = lead_queue.sides(draft)
        rows = lead_queue.disputed_fields(draft, sides)
        context |= {"sides": sides, "tag": tag, "card": card, "rows": rows, "typed": typed}
    return render(request, "review/rulings/disputed.html", context, status=refusal.status if refusal else 200)


def _settle(request: HttpRequest) -> str:
    post = request.POST
    draft = uuid_or_none(post.get("draft", ""))
    if draft is None:
        raise Refusal("no_card", "The form names no draft.", hint="Reload the page.")
    if send_back := post.get("send_back", ""):
        return _send_back(request, draft, send_back)
    reason = post.get("reason", "")
    pick = uuid_or_none(post.get("pick", ""))
    verdict = "reject" if reason else post.get("verdict", "")
    rulings.settle(
        draft,
        by=member_of(request),
        if_match=post.get("tag") or None,
        decision=pick,
        verdict=verdict,
        fields=forms.fields_from(post) if verdict == "edit" else None,
        reasons=[reason] if reason else [],
        note=post.get("note", ""),
    )
    return "Settled."


def _send_back(request: HttpRequest, draft: UUID, which: str) -> str:
    decision = uuid_or_none(which)
    if decision is None and which != "all":
        raise Refusal("no_decision", "The form names no verdict.", hint="Reload the page.")
    sent = sending_back.send_back(
        draft,
        by=member_of(request),
        if_match=request.POST.get("tag") or None,
        comment=request.POST.get("comment", ""),
        decisions=[decision] if decision else [],
    )
    return "Sent back: the card comes to its author first." if len(sent) == 1 else "Sent back to all its reviewers."


@require_POST
def act(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    task_or_404(member, slug)
    tag = request.POST.get("tag") or None
    try:
        if request.POST.get("act") == "reopen":
            rulings.reopen(draft_id, by=member, if_match=tag, note=request.POST.get("note", ""))
            messages.success(request, "Reopened: the verdicts count again.")
        else:
            rulings.ask_again(draft_id, by=member, if_match=tag)
            messages.success(request, "It waits in the queue for a reviewer who has not judged it.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("review:draft", slug, draft_id)
