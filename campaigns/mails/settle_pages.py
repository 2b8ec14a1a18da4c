"""The forms of a mail's page that belong to sending: settle a doubt, and find the mail in the local mailbox."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from campaigns.mails import queries as mails_queries
from campaigns.replies import queries as campaigns
from campaigns.sending import unknown_outcomes
from demo.mailbox import queries
from members.session import member_of
from web.errors import Refusal


@require_POST
def settle(request: HttpRequest, slug: str, mail_id: UUID) -> HttpResponse:
    """Say whether a mail of unknown fate arrived."""
    member = member_of(request)
    mail = mails_queries.get_or_404(member, campaigns.campaign_or_404(member, slug), mail_id)
    try:
        unknown_outcomes.settle_unknown(mail, arrived=request.POST.get("arrived") == "yes", by=member)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        messages.success(request, "The mail's fate is settled.")
    return redirect("campaigns:mail", slug, mail_id)


@require_safe
def in_mailbox(request: HttpRequest, slug: str, mail_id: UUID) -> HttpResponse:
    """On to the mail as the local sink keeps it."""
    member = member_of(request)
    queries.require_reader(member)
    name = queries.kept_name(mails_queries.get_or_404(member, campaigns.campaign_or_404(member, slug), mail_id))
    if not name:
        raise Http404("The mailbox does not keep this mail any more.")
    return redirect("campaigns:mailbox-mail", name)
