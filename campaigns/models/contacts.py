"""Contacts, the lawful basis for writing to them, and the list of addresses never to be written to again."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from campaigns.states import Language, LawfulBasis, SuppressionReason
from review.models import Record, Task


class ContactImport(models.Model):
    """One file of contacts: what came and how many rows stayed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="contact_imports")
    filename = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    rows_total = models.PositiveIntegerField(default=0)
    rows_added = models.PositiveIntegerField(default=0)
    rows_changed = models.PositiveIntegerField(default=0, db_default=0)
    rows_known = models.PositiveIntegerField(default=0)
    rows_suppressed = models.PositiveIntegerField(default=0)
    rows_bad = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]


class Contact(models.Model):
    """One person of one task, by address. After an erasure only the hash and what was counted remain."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="contacts")
    imported_with = models.ForeignKey(
        ContactImport, null=True, blank=True, on_delete=models.SET_NULL, related_name="contacts"
    )
    # Normalised; empty once erased.
    address = models.CharField(max_length=254, blank=True)
    # HMAC-SHA256 of the normalised address: what suppression and erasure compare.
    address_hmac = models.CharField(max_length=64)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    company = models.CharField(max_length=200, blank=True)
    # The company's domain, or the whole address at a public mail provider: the unit an experiment assigns by.
    cluster = models.CharField(max_length=254)
    segment = models.CharField(max_length=80, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    # Of our own words under a mail; none: English.
    language = models.CharField(max_length=2, choices=Language.choices, blank=True, default="", db_default="")
    # A record of the task, or none where a later step is to research it; a person's facts die with the person.
    record = models.ForeignKey(Record, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lawful_basis = models.CharField(max_length=20, choices=LawfulBasis.choices)
    basis_source = models.CharField(max_length=200)
    basis_date = models.DateField()
    may_track_opens = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["task", "address_hmac"], name="contact_once_per_task")]
        indexes = [
            models.Index(fields=["address_hmac"], name="contacts_by_address"),
            models.Index(fields=["task", "cluster"], name="contacts_by_cluster"),
            # Companies across tasks, for the cap on their first mails.
            models.Index(fields=["cluster"], name="contacts_by_company"),
            # The list, a page at a time.
            models.Index(fields=["task", "-created_at", "-id"], name="contacts_newest"),
        ]

    def __str__(self) -> str:
        return self.address or "erased"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Suppression(models.Model):
    """An address that is not written to, by its HMAC alone; a trigger refuses UPDATE and DELETE.

    An entry stands unless it has a lift. An address may have several: what comes after a lift, or what outlasts one, is
    an entry of its own, so that nothing that was lifted hides it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address_hmac = models.CharField(max_length=64, db_index=True)
    reason = models.CharField(max_length=16, choices=SuppressionReason.choices)
    note = models.CharField(max_length=200, blank=True)
    # Of a mail or a member, as plain values: this row outlives both.
    message_id = models.UUIDField(null=True, blank=True)
    member_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]


class SuppressionLift(models.Model):
    """Mistaken entry of the suppression list, by whom and why; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    suppression = models.OneToOneField(Suppression, on_delete=models.PROTECT, related_name="lift")
    # Erased with the person; the fact stays.
    reason = models.CharField(max_length=300)
    # A plain value: this row outlives the member.
    member_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
