"""Scopes of API tokens. A token never permits more than its member may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from members.models import ApiToken

if TYPE_CHECKING:  # DRF's views import this module by its settings.
    from rest_framework.views import APIView

SCOPES: dict[str, str] = {
    "read": "Read tasks, records, drafts, jobs and results",
    "datasets": "Download approved datasets",
    "review": "Judge drafts",
    "serve": "Ask served miniatures over /v1",
    "outcomes": "Report outcomes of mails: meetings, opportunities, revenue",
    "lead": "Edit tasks, import, freeze, launch generation and training",
    "admin": "Everything the member may do",
}


# What a program of a task may be given. It judges nothing: what an expert has said is what an expert has said.
SERVICE_SCOPES: dict[str, str] = {
    "read": "Read the task, its records, drafts, jobs and results",
    "datasets": "Download its approved datasets",
    "serve": "Ask its miniatures over /v1",
    "outcomes": "Report outcomes: meetings, opportunities, revenue",
    "lead": "Import, freeze and launch, as its leads may",
}


def allows(scopes: list[str], needed: str) -> bool:
    """Return whether a token with these scopes may do what requires the scope `needed`.

    Admin covers all; lead covers read, datasets, review, serve and outcomes; review covers read.
    """
    held = set(scopes)
    if "admin" in held or needed in held:
        return True
    if "lead" in held:
        return needed in {"read", "datasets", "review", "serve", "outcomes"}
    return needed == "read" and "review" in held


def explained() -> list[dict[str, object]]:
    """Each scope with what it allows, and the others that it covers."""
    return [
        {
            "name": name,
            "allows": words,
            "covers": [other for other in SCOPES if other != name and allows([name], other)],
        }
        for name, words in SCOPES.items()
    ]


SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class HasScope(BasePermission):
    """Signed in, and the token (if one came) has the scope.

    A view sets `scope_read` (default `read`) and `scope_write` (default `lead`): a scope, or several of which one is
    enough. A browser session has all scopes of its member.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the request may reach the view; services check roles after that.

        Raises:
            PermissionDenied: The token lacks the scope; says which.
        """
        if not request.user or not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        needed = needed_by(view, request.method or "")
        if needed == ("review",) and request.user.is_service:
            raise PermissionDenied("A service token cannot judge: use a token of the person who decides.")
        if any(allows(request.auth.scopes, scope) for scope in needed):
            return True
        held, lacking = ", ".join(request.auth.scopes) or "none", "' or '".join(needed)
        raise PermissionDenied(f"This token lacks the scope '{lacking}' (it has: {held}). Make one that has it.")


def needed_by(view: object, method: str) -> tuple[str, ...]:
    """Return the scopes of which a token needs one to call a view."""
    safe = method in SAFE
    needed = getattr(view, "scope_read", "read") if safe else getattr(view, "scope_write", "lead")
    return (needed,) if isinstance(needed, str) else needed
