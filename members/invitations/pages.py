"""Pages of invitations: who is asked in, and the door the link opens."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from members.invitations import invite, mail, queries
from members.invitations.forms import InvitationForm, JoinForm
from members.models import Invitation
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from web.errors import Refusal
from web.http.form_errors import add_refusal

BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    queries.require_may_invite(member)
    form = InvitationForm(request.POST or None, by=member)
    made, mailed = None, ""
    if request.method == "POST" and form.is_valid():
        if form.chosen["is_admin"]:
            require_recent(request)
        try:
            made = invite.invite(by=member, **form.chosen)
            mailed = mail.send(made, url=link(made))
            form = InvitationForm(by=member)
        except Refusal as refusal:
            add_refusal(form, refusal)
    rows = [{"row": row, "link": link(row)} for row in queries.invitations_for(member)]
    context = {
        "section": "settings",
        "tab": "invitations",
        "form": form,
        "rows": rows,
        "made": made,
        "mailed": mailed,
        "made_link": link(made) if made else "",
    }
    return render(request, "settings/invitations.html", context, status=422 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    member = member_of(request)
    invitation = queries.invitation_or_404(member, invitation_id)
    try:
        invite.revoke(invitation, by=member)
        messages.success(request, f"The invitation of {invitation.email} is revoked; its link no longer works.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("members:invitations")


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invitation = invite.by_token(token)
    except Refusal as refusal:
        return render(request, "settings/join.html", {"refusal": refusal}, status=refusal.status)
    proposed = {"username": invitation.email.partition("@")[0], "display_name": invitation.display_name}
    form = JoinForm(request.POST) if request.method == "POST" else JoinForm(initial=proposed)
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("username", "display_name", "password")}
        try:
            login(request, invite.accept(invitation, **chosen), backend=BACKEND)
            return redirect("home")
        except Refusal as refusal:
            add_refusal(form, refusal)
    context = {"form": form, "invitation": invitation}
    return render(request, "settings/join.html", context, status=422 if form.errors else 200)


def link(invitation: Invitation) -> str:
    """The address that opens an invitation, while it is open; under this site's own name, whatever the request's."""
    if invitation.state != "open":
        return ""
    return f"{settings.SITE_URL}{reverse('join', args=[invite.token_of(invitation)])}"
