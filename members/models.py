"""Members, invitations, API tokens and remembered requests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken


class Member(AbstractUser):  # type: ignore[django-manager-missing] # the manager is of knox
    """A person of the organisation, or a program of one task.

    `is_superuser` is the role admin: everything, everywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=80, blank=True)
    preferences = models.JSONField(default=dict, blank=True)
    # Sessions carry the epoch they began in; one that is past is signed out.
    session_epoch = models.PositiveIntegerField(default=0)
    # Whom a service token acts as: no person, has no password, and judges nothing.
    is_service = models.BooleanField(default=False, db_default=False)
    # Of the token that a request came with; None where a person acts by a session.
    token_scopes: list[str] | None = None

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.is_superuser

    @property
    def may_administer(self) -> bool:
        """Return whether this member acts as an admin in this request: a token needs the scope `admin`."""
        return self.is_admin and (self.token_scopes is None or "admin" in self.token_scopes)

    @property
    def name(self) -> str:
        return self.display_name or self.get_full_name() or self.username

    def get_session_auth_hash(self) -> str:
        return self._in_this_epoch(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._in_this_epoch, super().get_session_auth_fallback_hash())

    def _in_this_epoch(self, digest: str) -> str:
        return f"{digest}.{self.session_epoch}" if self.session_epoch else digest

    @property
    def initials(self) -> str:
        """Two letters for the corner of a page."""
        words = self.name.split()
        return "".join(word[0] for word in words[:2]).upper() or "?"


class ApiToken(AbstractAuthToken):  # type: ignore[misc] # knox ships no types
    """A hashed, scoped, expiring token of one member."""

    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]


class RememberedRequest(models.Model):
    """The first answer to a POST with an Idempotency-Key, given again when the key comes again."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="one_answer_per_key")]


class Invitation(models.Model):
    """A person asked in by address. Its link is signed and names this row; the row says whether it still opens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    display_name = models.CharField(max_length=80, blank=True)
    is_admin = models.BooleanField(default=False)
    roles = models.JSONField(default=list)  # [{"task": slug, "role": role}]
    invited_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="invitations_newest")]

    @property
    def state(self) -> str:
        """`open`, `accepted`, `revoked` or `expired`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if self.expires_at > timezone.now() else "expired"
