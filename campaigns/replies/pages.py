"""The inbox of a campaign: its replies, the exchange behind each, and the form that says what one means."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from campaigns.replies import attach, reply_golds, threads, unmatched
from campaigns.replies import queries as selectors
from campaigns.states import ReplyClass
from campaigns.suppression.queries import is_suppressed
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.pagination import numbered_page
from web.http.safe_redirect import safe_next_path

if TYPE_CHECKING:
    from campaigns.models import Reply


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    campaign = selectors.campaign_or_404(member, slug)
    meaning = request.GET.get("meaning", "")
    may_lead = may(member, campaign.task, Role.LEAD)
    page = numbered_page(selectors.of_campaign(member, campaign, meaning=meaning), request.GET.get("page"))
    chosen = selectors.chosen_or_404(member, campaign, request.GET.get("reply", ""))
    shown = chosen or next(iter(page), None)
    context = {
        "task": campaign.task,
        "section": "campaigns",
        "campaign": campaign,
        "meaning": meaning,
        "counts": selectors.counts(member, campaign),
        "meanings": ReplyClass.choices,
        "unmatched": unmatched.of_campaign(member, campaign),
        "doubtful": selectors.answers_in_doubt(campaign) if may_lead else [],
        "languages": selectors.languages_of(campaign),
        "may_correct": may(member, campaign.task, Role.REVIEWER),
        "may_take_back": may_lead,
        "may_lead": may_lead,
        "page": page,
        "shown": shown,
        "thread": threads.thread_of(shown, member=member, with_names=may_lead) if shown else [],
    }
    return render(request, "campaigns/sending/replies.html", context)


@require_POST
def settle(request: HttpRequest, unmatched_id: UUID) -> HttpResponse:
    """Attach a mail from another address to a contact, or set it aside."""
    member = member_of(request)
    row = unmatched.unmatched_or_404(member, unmatched_id)
    inbox = reverse("campaigns:replies", args=[row.campaign.slug])
    try:
        if request.POST.get("do") == "set_aside":
            unmatched.set_aside(row, by=member, why=request.POST.get("reason", ""))
            messages.success(request, "Set aside: it answers none of our mails.")
        elif contact := uuid_or_none(request.POST.get("contact", "")):
            reply = attach.attach(row, contact, by=member)
            messages.success(request, f"Attached. The reply counts as: {reply.get_meaning_display()}.")
            inbox = f"{reverse('campaigns:replies', args=[reply.message.campaign.slug])}?reply={reply.pk}"
        else:
            messages.error(request, "Choose the contact that it is from.")
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(inbox)


@require_POST
def correct(request: HttpRequest, reply_id: UUID) -> HttpResponse:
    reply = selectors.reply_or_404(member_of(request), reply_id)
    before, meaning = reply.meaning, request.POST.get("meaning", "")
    if meaning in ReplyClass.values:
        try:
            corrected, no_gold = reply_golds.correct(
                reply,
                ReplyClass(meaning),
                by=member_of(request),
                why=request.POST.get("reason", ""),
                language=request.POST.get("language", ""),
            )
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _result_message(corrected, before))
            if no_gold:
                messages.warning(request, no_gold)
    else:
        messages.error(request, "Choose what the reply means.")
    replies_of = reverse("campaigns:replies", args=[reply.message.campaign.slug])
    return redirect(safe_next_path(request.POST.get("next", ""), otherwise=replies_of))


def _result_message(reply: Reply, before: str) -> str:
    message = f"The reply counts as: {reply.get_meaning_display()}."
    if before != ReplyClass.UNSUBSCRIBE or reply.meaning == ReplyClass.UNSUBSCRIBE:
        return message
    if is_suppressed(reply.message.contact.address_hmac):
        return (
            f"{message} The person is still not written to: on the suppression list, or another reply asks for no more."
        )
    return f"{message} The person may be written to again; mails that were stopped stay stopped."
