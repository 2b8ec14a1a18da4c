"""Events of mails: append-only and raw. Totals are read from these rows, never kept beside them."""

from __future__ import annotations

import uuid

from django.db import models

from campaigns.models.campaigns import Campaign, Enrolment
from campaigns.models.messages import Message
from campaigns.states import OUTCOMES, EventKind, EventSource, ReplyClass, UnmatchedState


class Event(models.Model):
    """Something that happened to a mail; a trigger refuses UPDATE and DELETE. `key` makes telling it twice harmless."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="events")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.DO_NOTHING, related_name="events")
    message = models.ForeignKey(Message, on_delete=models.DO_NOTHING, related_name="events")
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    source = models.CharField(max_length=8, choices=EventSource.choices)
    # Unique over what tells it: the provider's event id, the mail's own Message-ID, a hash of link and second.
    key = models.CharField(max_length=120, unique=True)
    # By a mail scanner or an automaton, as far as that can be told: shown apart, counted for nothing.
    is_machine = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    # As it came, without text of the person: that stands on the reply, where erasure reaches it.
    payload = models.JSONField(default=dict)

    class Meta:
        ordering = ["occurred_at", "id"]
        indexes = [
            models.Index(fields=["campaign", "kind", "occurred_at"], name="events_by_kind"),
            models.Index(fields=["message", "occurred_at"], name="events_of_mail"),
            models.Index(fields=["enrolment", "kind"], name="events_of_enrolment"),
        ]


class HoldoutOutcome(models.Model):
    """Outcome of a contact without mail, as the customer's own systems report it; a trigger refuses any change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="holdout_outcomes")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.DO_NOTHING, related_name="holdout_outcomes")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.label) for kind in OUTCOMES])
    # Contact, kind and moment: told twice, it counts once.
    key = models.CharField(max_length=120, unique=True)
    value_usd = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["occurred_at", "id"]
        indexes = [models.Index(fields=["campaign", "kind"], name="holdout_outcomes_by_kind")]


class Reply(models.Model):
    """Reply of a contact, and what it was taken to mean."""

    event = models.OneToOneField(Event, primary_key=True, on_delete=models.DO_NOTHING, related_name="reply")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="replies")
    subject = models.CharField(max_length=300, blank=True)
    # Without quoted text; emptied when the person is erased.
    text = models.TextField(blank=True)
    meaning = models.CharField(max_length=16, choices=ReplyClass.choices, blank=True)
    # `rules`, a model's label, or the name of the member who corrected it.
    meant_by = models.CharField(max_length=120, blank=True)
    # Why a member took a wish to hear no more back; emptied when the person is erased.
    meant_why = models.CharField(max_length=300, blank=True, default="", db_default="")
    # The rules are not sure: a person reads it first.
    is_unsure = models.BooleanField(default=False, db_default=False)
    # It may ask to leave: no mail goes to the address until a member has said what it means.
    may_be_optout = models.BooleanField(default=False, db_default=False)
    classified_at = models.DateTimeField(null=True, blank=True)
    # When a member last said what it means; None where only rules and models did.
    corrected_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "replies"
        indexes = [
            models.Index(
                fields=["corrected_at"], name="replies_corrected", condition=models.Q(corrected_at__isnull=False)
            ),
            models.Index(fields=["message"], name="replies_in_doubt", condition=models.Q(may_be_optout=True)),
        ]


class UnmatchedReply(models.Model):
    """Mail from an address that got none of ours, at a company that did.

    A person attaches it to a contact, or sets it aside.

    It is kept once, at the campaign that wrote to the company last. Once settled it holds no words and no address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="unmatched_replies")
    # Digest of sender and Message-ID: told twice, it is kept once.
    key = models.CharField(max_length=64, unique=True)
    message_id = models.CharField(max_length=300)
    sender = models.CharField(max_length=254, blank=True)
    sender_hmac = models.CharField(max_length=64, db_index=True)
    cluster = models.CharField(max_length=254)
    subject = models.CharField(max_length=300, blank=True)
    # Without quoted text.
    text = models.TextField(blank=True)
    auto_reason = models.CharField(max_length=300, blank=True)
    # What the rules read: shown to who decides. A wish, plain or possible, holds the mails to the company meanwhile.
    meaning = models.CharField(max_length=16, choices=ReplyClass.choices)
    may_be_optout = models.BooleanField(default=False, db_default=False)
    state = models.CharField(max_length=9, choices=UnmatchedState.choices, default=UnmatchedState.OPEN)
    attached_to = models.ForeignKey(Reply, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_by = models.CharField(max_length=120, blank=True)
    # Why it asks for nothing, where it might have asked to leave.
    settled_why = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-may_be_optout", "created_at", "id"]
        verbose_name_plural = "unmatched replies"
        indexes = [
            models.Index(fields=["campaign"], name="unmatched_open", condition=models.Q(state=UnmatchedState.OPEN)),
            models.Index(
                fields=["cluster"],
                name="unmatched_in_doubt",
                condition=models.Q(state=UnmatchedState.OPEN, may_be_optout=True),
            ),
        ]
