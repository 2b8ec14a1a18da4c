"""Pages of mails: the list, one mail with its walk back, and the dry run. They show people, so they are a lead's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from campaigns.compose import message
from campaigns.compose.content import with_words
from campaigns.mails import dry_run as mails_dry_run
from campaigns.mails import lineage
from campaigns.mails import queries as mails_queries
from campaigns.overview import figures, queries
from campaigns.planning import audience, forecast, launch_checks
from campaigns.sending import contact_caps, unknown_outcomes
from campaigns.states import CampaignState, FixedVerdict
from campaigns.writing import fixed_texts
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require
from web.db import keyset
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from campaigns.models import Campaign

PER_PAGE = 50
PREVIEWS = 10
BLOCK = 200
MOST_AT_ONCE = 100
VERDICT_MESSAGES = {"approve": "Approved", "refuse": "Not sent", "reopen": "Taken back"}


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = _campaign_to_lead(request, slug)
    chosen = {name: request.GET.get(name, "") for name in mails_queries.FILTERS}
    search = request.GET.get("q", "").strip()[:100]
    rows = with_words(mails_queries.of_campaign(campaign, search=search, **chosen))
    page = keyset.page(rows, cursor=request.GET.get("after", ""), size=PER_PAGE)
    choices = mails_queries.choices(campaign)
    context = {
        **_about(campaign),
        "page": page,
        "lines": [mails_queries.line(mail) for mail in page.rows],
        "filters": [{"name": name, "choices": choices[name], "chosen": chosen[name]} for name in mails_queries.FILTERS],
        "search": search,
        "is_filtered": bool(search) or any(chosen.values()),
    }
    return render(request, "campaigns/mails.html", context)


@require_safe
def detail(request: HttpRequest, slug: str, mail_id: UUID) -> HttpResponse:
    campaign = _campaign_to_lead(request, slug)
    mail = mails_queries.get_or_404(member_of(request), campaign, mail_id)
    context = {
        **_about(campaign),
        "mail": mail,
        "line": mails_queries.line(mail),
        "preview": mails_dry_run.preview(mail, links=message.links_of(campaign)) if not mail.body else None,
        "events": mails_queries.events_of(mail),
        "stations": lineage.lineage_of(mail),
        "taught": lineage.training_decisions(mail),
    }
    return render(request, "campaigns/mail.html", context)


@require_POST
def settle(request: HttpRequest, slug: str, mail_id: UUID) -> HttpResponse:
    member = member_of(request)
    mail = mails_queries.get_or_404(member, queries.get_or_404(member, slug), mail_id)
    try:
        unknown_outcomes.settle_unknown(mail, arrived=request.POST.get("arrived") == "yes", by=member)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        messages.success(request, "The outcome of the mail is recorded.")
    return redirect("campaigns:mail", slug, mail_id)


@require_safe
def dry_run(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = _campaign_to_lead(request, slug)
    context = _about(campaign)
    context["holds"] = contact_caps.expected_holds(campaign, now=timezone.now())
    if campaign.state == CampaignState.PLANNED:
        context |= _expected(request, campaign)
    else:
        context |= _written(request, campaign)
    return render(request, "campaigns/dry_run.html", context)


def _expected(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    expected = forecast.forecast_of(campaign) if any(arm.weight for arm in campaign.arms.all()) else None
    page = numbered_page(audience.contacts_matching(campaign), request.GET.get("page"), size=PER_PAGE)
    return {
        "expected": expected,
        "problems": launch_checks.launch_problems(campaign, expected=expected),
        "warnings": launch_checks.launch_warnings(campaign),
        "page": page,
        "places": forecast.contact_arms(campaign, list(page)) if expected else [],
    }


def _written(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    search, only = request.GET.get("q", "").strip()[:100], request.GET.get("marks", "")
    waits = request.GET.get("waits", "") == "yes"
    mails = mails_queries.of_campaign(campaign, search=search, marks=only).exclude(state__in=mails_dry_run.ALREADY_SENT)
    if waits:
        mails = mails_queries.fixed_awaiting(mails)
    page = keyset.page(with_words(mails), cursor=request.GET.get("after", ""), size=PREVIEWS)
    links = message.links_of(campaign)
    steps, arms = figures.counted(campaign).value
    return {
        "page": page,
        "previews": mails_dry_run.with_follow_ups(page.rows, links=links),
        "arms": arms,
        "steps": steps,
        "search": search,
        "only": only,
        "waits": waits,
    }


@require_POST
def decide_fixed(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = _campaign_to_lead(request, slug)
    ids = [pk for text in request.POST.getlist("mail")[:MOST_AT_ONCE] if (pk := uuid_or_none(text)) is not None]
    verdict = request.POST.get("verdict", "")
    if verdict not in FixedVerdict.values or not ids:
        messages.error(request, "Nothing was decided: press the button next to a mail.")
    else:
        try:
            count = fixed_texts.decide_fixed_mails(
                campaign, verdict=FixedVerdict(verdict), by=member_of(request), message_ids=ids
            )
            messages.success(request, f"{VERDICT_MESSAGES[verdict]}: {count:,} mail{'' if count == 1 else 's'}.")
        except Refusal as refusal:
            messages.error(request, refusal.message)
    return redirect(f"{reverse('campaigns:dry-run', args=[slug])}?waits=yes")


@require_safe
def download(request: HttpRequest, slug: str) -> HttpResponseBase:
    campaign = _campaign_to_lead(request, slug)
    response = StreamingHttpResponse(_lines(campaign), content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="{campaign.slug}-dry-run.jsonl"'
    return response


async def _lines(campaign: Campaign) -> AsyncIterator[bytes]:
    """Lines made in blocks while they are sent, so that ten thousand mails never stand in memory at once."""
    rows = mails_dry_run.rows(campaign)

    def block() -> bytes:
        return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in islice(rows, BLOCK))

    while made := await sync_to_async(block)():
        yield made


def _campaign_to_lead(request: HttpRequest, slug: str) -> Any:
    campaign = queries.get_or_404(member_of(request), slug)
    require(member_of(request), campaign.task, Role.LEAD)
    return campaign


def _about(campaign: Campaign) -> dict[str, Any]:
    return {"task": campaign.task, "section": "campaigns", "tab": "campaigns", "campaign": campaign}
