"""Which scope a token needs for a view. Roles per task are the review room's affair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from members.models import ApiToken
from members.scopes import allows

if TYPE_CHECKING:  # DRF's views import this module by its settings.
    from rest_framework.views import APIView

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class HasScope(BasePermission):
    """Signed in, and the token (if one came) has the scope.

    A view sets `scope_read` (default `read`) and `scope_write` (default `lead`). A browser session has all scopes of
    its member.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may reach the view; services check roles after that.

        Raises:
            PermissionDenied: The token lacks the scope; says which.
        """
        if not request.user or not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        safe = request.method in SAFE
        needed = getattr(view, "scope_read", "read") if safe else getattr(view, "scope_write", "lead")
        if allows(request.auth.scopes, needed):
            return True
        held = ", ".join(request.auth.scopes) or "none"
        raise PermissionDenied(f"This token lacks the scope '{needed}' (it has: {held}). Make one that has it.")
