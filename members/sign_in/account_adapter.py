"""Sign-up is closed: an admin creates members."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from members.accounts import manage
from members.models import Member
from members.recent_login import reauthentication


class NoSignupAdapter(DefaultAccountAdapter):
    """Allauth's adapter with the open door shut."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether a page may lead to the URL. Allauth's own check raises on malformed ones, as as `http://[`."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_reauthentication_methods(self, user: Member | AnonymousUser) -> list[dict[str, str]]:
        """Allauth's ways to prove who it is; for members with none of them, signing in again at their provider."""
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        if methods or not user.is_authenticated:
            return methods
        return [
            {"id": reauthentication.BY_SSO, "description": _("Sign in again"), "url": reverse(reauthentication.BY_SSO)}
        ]

    def is_reauthentication_required(self, *, app: str, **_: object) -> bool:
        """Return whether allauth's own pages must ask for a proof.

        Members with none of its ways may have one of their provider.
        """
        has_ways = bool(super().get_reauthentication_methods(self.request.user))
        return has_ways or not reauthentication.is_recent(self.request)

    def set_password(self, user: Member, password: str) -> None:
        """Save the password alone: allauth saves all of the member, as their request found them."""
        user.set_password(password)
        user.save(update_fields=["password"])
        manage.save_preferences(user, preferences={manage.TEMPORARY: False})
