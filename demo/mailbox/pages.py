"""Pages of the local mailbox: stored mails, and simulated actions of their readers."""

from __future__ import annotations

import smtplib
from email.generator import BytesGenerator
from email.policy import SMTP
from email.utils import parseaddr
from io import BytesIO
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from campaigns.mails import queries as mails_queries
from campaigns.overview import queries as campaigns_queries
from demo.mail_sink import simulated_mail
from demo.mailbox import queries as selectors
from members.session import member_of
from web.errors import Refusal

MAX_CHARS = 5_000


# Kinds of answers by a reader or a reader's server, and what the page says of one that was sent.
SENT_MESSAGES = {
    "reply": "The reply is on its way.",
    "absence": "The automatic reply is on its way.",
    "bounce": "The bounce is on its way.",
    "complaint": "The complaint is on its way.",
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
    if verb not in SENT_MESSAGES:
        messages.error(request, "Choose what comes back.")
        return redirect("demo:mailbox-mail", name)
    try:
        _send_back(raw, verb, text=request.POST.get("text", ""))
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        messages.success(request, SENT_MESSAGES[verb])
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


def _send_back(raw: bytes, answer: str, *, text: str = "") -> None:
    """Answer a stored mail, with a kind of `SENT_MESSAGES`.

    Raises:
        Refusal: `no_text`, a reply without words; `sink_away`, the mail sink is not running.
    """
    if answer == "reply" and not text.strip():
        raise Refusal("no_text", "A reply needs words.", errors={"text": ["Write what the reader answers."]})
    mail = simulated_mail.answer_to(raw, answer, text.strip()[:MAX_CHARS])
    is_report = mail.get_content_type() == "multipart/report"
    to = simulated_mail.return_address(raw) if is_report else parseaddr(str(mail["To"]))[1]
    sender = "" if mail["Auto-Submitted"] else parseaddr(str(mail["From"]))[1]
    buffer = BytesIO()
    BytesGenerator(buffer, policy=SMTP).flatten(mail)  # type: ignore[arg-type]
    try:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=settings.EMAIL_TIMEOUT) as server:
            server.sendmail(sender, [to], buffer.getvalue())
    except (OSError, smtplib.SMTPException) as error:
        raise Refusal(
            "sink_away", f"The mail sink does not answer: {error}.", hint="Start it with make run."
        ) from error
