"""Writes sign-ins, sign-outs, failed attempts and new ways in to the audit trail. Knows signals; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social
from django.contrib.auth import signals as auth
from django.http import HttpRequest

from audit import trail
from members.models import Member

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from allauth.socialaccount.models import SocialAccount, SocialLogin

LONGEST_NAME = 150


def connect_signals() -> None:
    """Connect, once per process."""
    auth.user_logged_in.connect(_signed_in, dispatch_uid="audit.signed_in")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="audit.signed_out")
    auth.user_login_failed.connect(_failed, dispatch_uid="audit.failed")
    account.password_changed.connect(_password_changed, dispatch_uid="audit.password")
    # A first password, of a member who came by their organisation's provider.
    account.password_set.connect(_password_changed, dispatch_uid="audit.first_password")
    social.social_account_added.connect(_account_tied, dispatch_uid="audit.account_tied")
    social.social_account_removed.connect(_account_untied, dispatch_uid="audit.account_untied")
    mfa.authenticator_added.connect(_factor_on, dispatch_uid="audit.factor_on")
    mfa.authenticator_reset.connect(_factor_on, dispatch_uid="audit.factor_reset")
    mfa.authentication_failed.connect(_code_failed, dispatch_uid="audit.code_failed")
    mfa.authenticator_removed.connect(_factor_off, dispatch_uid="audit.factor_off")


def _signed_in(user: Member, request: HttpRequest | None = None, **_: Any) -> None:
    methods = request.session.get("account_authentication_methods", []) if request is not None else []
    by = sorted({str(method.get("method", "")) for method in methods} - {""})
    trail.record("signed_in", by=user, about=user, by_way_of=by or ["password"])


def _signed_out(user: Member | None, **_: Any) -> None:
    if user is not None:
        trail.record("signed_out", by=user, about=user)


def _failed(credentials: dict[str, Any], **_: Any) -> None:
    # What was typed is not kept: now and then it is a password in the wrong box.
    typed = str(credentials.get("username") or credentials.get("login") or "")[:LONGEST_NAME].replace("\x00", "")
    trail.record("sign_in_failed", by=None, about=Member.objects.filter(username__iexact=typed).first())


def _code_failed(user: Member, **_: Any) -> None:
    trail.record("sign_in_failed", by=None, about=user, by_way_of=["mfa"])


def _password_changed(user: Member, **_: Any) -> None:
    trail.record("password_changed", by=user, about=user)


def _account_tied(sociallogin: SocialLogin, **_: Any) -> None:
    trail.record("account_tied", by=sociallogin.user, about=sociallogin.user)


def _account_untied(socialaccount: SocialAccount, **_: Any) -> None:
    trail.record("account_untied", by=socialaccount.user, about=socialaccount.user)


def _factor_on(user: Member, authenticator: Authenticator, **_: Any) -> None:
    made_codes = authenticator.type == "recovery_codes"
    trail.record("recovery_codes_made" if made_codes else "second_factor_on", by=user, about=user)


def _factor_off(user: Member, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != "recovery_codes":
        trail.record("second_factor_off", by=user, about=user)
