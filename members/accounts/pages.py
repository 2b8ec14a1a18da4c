"""Settings pages: profile, members."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from members.accounts import addresses, manage, queries
from members.models import Member
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from web.errors import Refusal
from web.http.form_errors import submit
from web.language import pages
from web.language.pages import AUTOMATIC

YEAR_S = 365 * 86400


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label="Name", max_length=80, required=False, help_text="Shown on pages and with your decisions."
    )
    theme = forms.ChoiceField(
        label="Theme",
        choices=(("system", "As the system"), ("light", "Light"), ("dark", "Dark")),
    )
    density = forms.ChoiceField(
        label="Rows of tables", choices=(("regular", "Regular, 36 px"), ("compact", "Compact, 28 px"))
    )
    shortcuts = forms.ChoiceField(
        label="Single-letter keys",
        choices=(("on", "On"), ("off", "Off")),
        help_text="Keys such as g, j and / on every page. The desk has its own list under ? there.",
    )
    language = forms.ChoiceField(
        label="Language of the desk",
        choices=((AUTOMATIC, "As the browser"), *settings.LANGUAGES),
        required=False,
        help_text="The desk, its lists and the sign-in are translated; other pages and mails are in English.",
    )
    work_mails = forms.ChoiceField(
        label="Mails about runs and sweeps you launched",
        choices=(
            ("problems", "When one fails or does not finish everything"),
            ("always", "Whenever one ends"),
            ("never", "Never"),
        ),
        required=False,
    )
    daily_mails = forms.ChoiceField(
        label="A mail a day about what waits for you",
        choices=(("on", "When something waits"), ("off", "Never")),
        required=False,
        help_text="On unless you choose Never. Cards assigned to you; "
        "for leads also disputed drafts and late decisions.",
    )

    @classmethod
    def of(cls, member: Member) -> ProfileForm:
        chosen: dict[str, Any] = {"theme": "system", "density": "regular", "shortcuts": "on"}
        chosen.update({"work_mails": "problems", "daily_mails": "on", "language": AUTOMATIC})
        chosen.update(member.preferences)
        return cls(initial={"display_name": member.display_name, **chosen})

    def clean_work_mails(self) -> str:
        """Pages drawn before there was this choice send none."""
        return str(self.cleaned_data["work_mails"] or "problems")

    def clean_language(self) -> str:
        return str(self.cleaned_data["language"] or AUTOMATIC)

    def clean_daily_mails(self) -> str:
        return str(self.cleaned_data["daily_mails"] or "on")


class AddressForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Where mails about runs, shares of work and mentions go.",
    )


class NewMemberForm(forms.Form):
    username = forms.CharField(label="User name", max_length=150, help_text="What they sign in with.")
    display_name = forms.CharField(label="Name", max_length=80, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    is_admin = forms.BooleanField(label="Admin: may do everything, in every task", required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    if request.POST.get("do") in {"address", "confirm"}:
        return _change_address(request)
    form = ProfileForm(request.POST) if request.method == "POST" else ProfileForm.of(member)
    if request.method != "POST" or not form.is_valid():
        return render(request, "settings/profile.html", _profile(request, form=form))
    chosen = dict(form.cleaned_data)
    manage.update_profile(member, display_name=chosen.pop("display_name"), choices=chosen)
    messages.success(request, "Your settings are saved.")
    response = redirect("members:profile")
    # The login page has no member yet; it reads the theme and the language from here.
    _keep(response, "theme", chosen["theme"])
    _keep(response, settings.LANGUAGE_COOKIE_NAME, pages.chosen_by(chosen))
    return response


def _keep(response: HttpResponse, name: str, value: str) -> None:
    """Write a choice into this browser; an empty one is forgotten."""
    if not value:
        return response.delete_cookie(name)
    secure = settings.SESSION_COOKIE_SECURE
    return response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=secure, httponly=True)


def _change_address(request: HttpRequest) -> HttpResponse:
    # Where members sign in by their address, a new one is a way in.
    require_recent(request)
    member, form = member_of(request), AddressForm(request.POST)
    if request.POST["do"] == "address" and not form.is_valid():
        return render(request, "settings/profile.html", _profile(request, address=form), status=422)
    try:
        if request.POST["do"] == "confirm":
            message = f"Mails go to {addresses.confirm(member, request.POST.get('token', ''))} now."
        else:
            message = addresses.change(member, form.cleaned_data["email"], link_of=_confirming_link)
    except Refusal as refusal:
        return render(request, "settings/profile.html", _profile(request, refusal=refusal), status=refusal.status)
    messages.success(request, message)
    return redirect("members:profile")


def _confirming_link(token: str) -> str:
    return f"{settings.SITE_URL}{reverse('members:profile')}?{urlencode({'confirm': token})}"


def _profile(request: HttpRequest, **context: object) -> dict[str, object]:
    member, token = member_of(request), request.GET.get("confirm", "")
    base: dict[str, object] = {"form": ProfileForm.of(member), "address": AddressForm(initial={"email": member.email})}
    if token:
        try:
            base |= {"token": token, "confirms": addresses.confirmable(member, token)}
        except Refusal as refusal:
            base["refusal"] = refusal
    return _page("profile", **base | context, is_confirmed_by_mail=addresses.needs_confirmation())


@require_http_methods(["GET", "HEAD", "POST"])
def member_list(request: HttpRequest) -> HttpResponse:
    admin = member_of(request)
    everyone = queries.all_members(admin)
    form = NewMemberForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        require_recent(request)
        made, _ = submit(form, lambda values: manage.create_member(values.pop("username"), by=admin, **values))
        form = NewMemberForm() if made else form
    context = _page("members", form=form, made=made, is_added=True, members=everyone)
    return render(request, "settings/members.html", context, status=422 if form.errors else 200)


@require_POST
def member_change(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    admin = member_of(request)
    member = queries.member_or_404(admin, member_id)
    act = request.POST.get("act", "")
    if act in manage.POWERFUL_CHANGES:
        require_recent(request)
    if act == "renew_password":
        # On this very page: a message for the next one would lie in a cookie that anyone at the browser can read.
        made = (member, manage.renew_password(member, by=admin))
        return render(
            request,
            "settings/members.html",
            _page("members", form=NewMemberForm(), made=made, members=queries.all_members(admin)),
        )
    try:
        message = manage.change(member, act=act, by=admin)
        messages.success(request, message)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("team_member", member_id=member.pk)


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    member = manage.sign_out_everywhere(member_of(request))
    # This browser's own session continues.
    update_session_auth_hash(request, member)
    messages.success(
        request, "All other sessions are ended. Programs with tokens keep access; revoke tokens under API tokens."
    )
    return redirect("mfa_index")


def _page(tab: str, **context: object) -> dict[str, object]:
    return {"section": "settings", "tab": tab, **context}
