"""Who sees the trail: admins."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied


def require_admin(user: object) -> None:
    """Refuse everybody but admins.

    Raises:
        PermissionDenied: This is no admin.
    """
    if not getattr(user, "is_admin", False):
        raise PermissionDenied("Only an admin sees the audit trail.")
