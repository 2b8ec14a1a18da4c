"""How people get in: nobody signs up alone; an admin makes members."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """Allauth's adapter with the open door shut."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
