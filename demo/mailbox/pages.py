"""Pages of the local mailbox: stored mails, and simulated actions of their readers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from campaigns.mails import queries as mails_queries
from campaigns.overview import queries as campaigns_queries
from demo.mailbox import queries as selectors
from demo.mailbox import simulate_reply
from demo.mailbox.simulate_reply import SimulatedReply
from members.session import member_of
from web.errors import Refusal

_SENT_MESSAGES = {
    SimulatedReply.REPLY: "The reply is on its way.",
    SimulatedReply.ABSENCE: "The automatic reply is on its way.",
    SimulatedReply.BOUNCE: "The bounce is on its way.",
    SimulatedReply.COMPLAINT: "The complaint is on its way.",
}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:100]
    rows, after = selectors.newest(member_of(request), query=query, before=request.GET.get("before", ""))
    context = {"section": "mailbox", "rows": rows, "after": after, "query": query}
    return render(request, "demo/mailbox.html", context)


@require_safe
def mail(request: HttpRequest, name: str) -> HttpResponse:
    context = {"section": "mailbox", "mail": selectors.show(member_of(request), name)}
    return render(request, "demo/mail.html", context)


@require_POST
def answer(request: HttpRequest, name: str) -> HttpResponse:
    raw = selectors.raw(member_of(request), name)
    verb = request.POST.get("verb", "")
    if verb not in {each.value for each in SimulatedReply}:
        messages.error(request, "Choose what comes back.")
        return redirect("demo:mailbox-mail", name)
    try:
        simulate_reply.send_back(raw, SimulatedReply(verb), text=request.POST.get("text", ""))
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        messages.success(request, _SENT_MESSAGES[SimulatedReply(verb)])
    return redirect("demo:mailbox-mail", name)


@require_safe
def in_mailbox(request: HttpRequest, slug: str, mail_id: UUID) -> HttpResponse:
    """Redirect to a sent mail in the local mailbox."""
    member = member_of(request)
    selectors.require_reader(member)
    campaign = campaigns_queries.get_or_404(member, slug)
    name = selectors.kept_name(mails_queries.get_or_404(member, campaign, mail_id))
    if not name:
        raise Http404("The mailbox no longer has this mail.")
    return redirect("demo:mailbox-mail", name)
