"""How people get in: nobody signs up alone; an admin makes members."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from members.models import Member
from members.services import people


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    """Allauth's adapter with the open door shut."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: Member, password: str) -> None:
        super().set_password(user, password)
        people.remember(user, preferences={people.TEMPORARY: False})
