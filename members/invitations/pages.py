"""Pages of invitations: who is asked in, and the door the link opens."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from members import ports
from members.invitations import invite, mail, queries
from members.models import Invitation, Member
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from web.errors import Refusal
from web.http.form_errors import add_refusal

BACKEND = "django.contrib.auth.backends.ModelBackend"


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="Signing in by SSO must bring this address.")
    display_name = forms.CharField(label="Name", max_length=80, required=False)
    is_admin = forms.BooleanField(label="Admin: may do everything, in every task", required=False)
    days = forms.TypedChoiceField(
        label="The link is valid for", choices=((1, "1 day"), (7, "7 days"), (30, "30 days")), coerce=int, initial=7
    )

    def __init__(self, *args: Any, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by.is_admin:
            del self.fields["is_admin"]
        choices = [("", "No role"), *ports.teams().roles().items()]
        self._slugs = ports.teams().led_by(by)
        for slug, name in self._slugs.items():
            self.fields[f"role_{slug}"] = forms.ChoiceField(label=name, choices=choices, required=False)

    @property
    def role_fields(self) -> list[forms.BoundField]:
        return [self[f"role_{slug}"] for slug in self._slugs]

    @property
    def chosen(self) -> dict[str, Any]:
        data = self.cleaned_data
        roles = [{"task": slug, "role": data[f"role_{slug}"]} for slug in self._slugs if data[f"role_{slug}"]]
        plain: dict[str, Any] = {
            name: data[name] for name in ("email", "display_name", "is_admin", "days") if name in data
        }
        return {**plain, "roles": roles}


class JoinForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("User name"), max_length=150, help_text=gettext_lazy("What you sign in with.")
    )
    display_name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, required=False, help_text=gettext_lazy("Shown on pages.")
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=gettext_lazy("At least ten characters, and not a common password."),
    )
    again = forms.CharField(
        label=gettext_lazy("Password, again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(_("This is not the same as above."))
        return again


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
