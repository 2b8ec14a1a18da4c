"""Campaigns: who sends, in what steps, with which models, to whom, and the links their mails may carry."""

from __future__ import annotations

import secrets
import uuid
from functools import partial

from django.conf import settings
from django.db import models

from campaigns.models.contacts import Contact
from campaigns.models.pipelines import PipelineVersion
from campaigns.states import Approval, CampaignState, Guardrail, StepCondition, StepWriter
from generation.models import Teacher
from review.models import Task, TaskVersion
from training.models import Miniature


class SenderIdentity(models.Model):
    """Sender identity: shown at the top and the foot of a mail, and where replies go."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    from_name = models.CharField(max_length=120)
    from_address = models.CharField(max_length=254)
    # Replies go to `local+token@domain` of this address, so that each can be told which mail it answers.
    reply_address = models.CharField(max_length=254)
    postal_address = models.CharField(max_length=300, blank=True)
    # Under which name of the From domain the key stands that signs (RFC 6376).
    dkim_selector = models.CharField(max_length=100, blank=True, default="", db_default="")
    # What DNS said of the domains (`campaigns/senders/findings.py`); none since an address changed, or ever.
    domain_checks = models.JSONField(null=True, blank=True)
    domain_checked_at = models.DateTimeField(null=True, blank=True)
    # At most so many mails a day, all campaigns together; none: any number.
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    # The name of one's own that links in its mails have, and when DNS last showed that it leads here; none: it does
    # not.
    tracking_domain = models.CharField(max_length=253, blank=True, default="", db_default="")
    tracking_verified_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """A sequence of mails to contacts, written by the models of its arms. Its task version is fixed at launch."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="campaigns")
    task_version = models.ForeignKey(TaskVersion, on_delete=models.DO_NOTHING, related_name="+")
    sender = models.ForeignKey(SenderIdentity, null=True, on_delete=models.PROTECT, related_name="campaigns")
    state = models.CharField(max_length=8, choices=CampaignState.choices, default=CampaignState.PLANNED)
    approval = models.CharField(max_length=8, choices=Approval.choices, default=Approval.ALL)
    # Of the mails no check marks, how many a person sees, 0 to 1.
    sample_share = models.FloatField(default=0.2)
    # Who says what a reply means; none: the built-in rules.
    reply_teacher = models.ForeignKey(Teacher, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    max_model_usd = models.DecimalField(max_digits=12, decimal_places=6, default=1)
    mails_per_minute = models.PositiveIntegerField(default=60)
    daily_cap = models.PositiveIntegerField(default=500)
    # Shares of mails sent that pause it by themselves; none: the installation's.
    max_complaints = models.FloatField(null=True, blank=True)
    max_bounces = models.FloatField(null=True, blank=True)
    max_unsubscribes = models.FloatField(null=True, blank=True)
    # First mails a contact or a company gets in the installation's days, if fewer than the installation allows.
    contact_cap = models.PositiveSmallIntegerField(null=True, blank=True)
    company_cap = models.PositiveSmallIntegerField(null=True, blank=True)
    # Local hours, in the contact's time zone or the campaign's, in which nothing is sent; equal: never quiet.
    quiet_from = models.PositiveSmallIntegerField(default=20)
    quiet_until = models.PositiveSmallIntegerField(default=8)
    sends_at_weekends = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    # Dates (ISO 8601) on which nothing is sent, in the same time zone as the hours.
    days_off = models.JSONField(null=True, blank=True)
    salt = models.CharField(max_length=32, default=partial(secrets.token_hex, 16), editable=False)
    # Which contacts a launch takes: {segment, import, limit, except_mailed_by}, each optional.
    audience = models.JSONField(default=dict, blank=True)
    # Written and approved, but nothing is sent until a lead lets it go.
    is_held = models.BooleanField(default=False)
    # Whether mails carry a tracking pixel, for contacts who agreed to that.
    tracks_opens = models.BooleanField(default=False)
    # A simulated one: its inboxes are made up, which every page of it says.
    is_simulated = models.BooleanField(default=False)
    # Whether contacts of its holdout arm get nothing from other campaigns of the task either, until it ends.
    holds_out_everywhere = models.BooleanField(default=False, db_default=False)
    # Of a next round: the campaign whose experiment it goes on from.
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    launched_at = models.DateTimeField(null=True, blank=True)
    launched_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class FurtherSender(models.Model):
    """A sender of a campaign beside its first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="further_senders")
    sender = models.ForeignKey(SenderIdentity, on_delete=models.PROTECT, related_name="further_campaigns")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["campaign", "position"]
        constraints = [models.UniqueConstraint(fields=["campaign", "sender"], name="further_sender_once")]


class Arm(models.Model):
    """One variant of a campaign: the model that writes its mails. A campaign without an experiment has one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="arms")
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    weight = models.PositiveIntegerField(default=1)
    is_control = models.BooleanField(default=False)
    # Whose contacts get no mail: they are assigned, and what comes of them is told by contact.
    is_holdout = models.BooleanField(default=False, db_default=False)
    # A promoted miniature is asked as a teacher too; `miniature` then says whose lineage this arm stands for.
    teacher = models.ForeignKey(Teacher, null=True, on_delete=models.PROTECT, related_name="+")
    miniature = models.ForeignKey(Miniature, null=True, blank=True, on_delete=models.PROTECT, related_name="arms")
    # The stages around its writing; teacher and miniature are then those of the stage that writes.
    pipeline = models.ForeignKey(PipelineVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="arms")

    class Meta:
        ordering = ["campaign", "position"]
        constraints = [models.UniqueConstraint(fields=["campaign", "name"], name="arm_name_once")]

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """One mail of the sequence; each but the first waits, and goes to whom its condition fits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    writer = models.CharField(max_length=10, choices=StepWriter.choices, default=StepWriter.MODEL)
    wait_s = models.PositiveIntegerField(default=0)
    # Whether it goes as an answer to the mail before it, under that mail's subject.
    same_thread = models.BooleanField(default=False, db_default=False)
    # Whom it goes to of those who got a mail before it.
    when = models.CharField(
        max_length=12,
        choices=StepCondition.choices,
        default=StepCondition.NO_ANSWER,
        db_default=StepCondition.NO_ANSWER.value,
    )
    # With `replied`: the reply classes that it takes up.
    reply_classes = models.JSONField(null=True, blank=True)
    # Of a fixed text; slots in double braces.
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)

    class Meta:
        ordering = ["campaign", "number"]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="step_number_once")]


class Link(models.Model):
    """An address that mails of a campaign may point to. A click is only ever sent on to one of these."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    name = models.SlugField(max_length=40)
    url = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "name"], name="link_name_once")]


class Enrolment(models.Model):
    """A contact in a campaign, and the arm its company was put into before anything was written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="enrolments")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="enrolments")
    arm = models.ForeignKey(Arm, null=True, on_delete=models.PROTECT, related_name="enrolments")
    # As they were at assignment: intention to treat counts these, whatever becomes of the contact.
    cluster = models.CharField(max_length=254)
    segment = models.CharField(max_length=80, blank=True)
    # Who writes to the contact, fixed when the first mail goes; none: the campaign's sender.
    sender = models.ForeignKey(
        SenderIdentity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "contact"], name="contact_once_per_campaign")]
        indexes = [models.Index(fields=["campaign", "arm"], name="enrolments_of_arm")]


class GuardrailTrip(models.Model):
    """A guardrail that paused a campaign, with what it saw. Once a lead has lifted it, a trigger refuses any change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="guardrail_trips")
    guardrail = models.CharField(max_length=12, choices=Guardrail.choices)
    # So many of these mails; the lower bound of the share, and the limit it passed.
    count = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    bound = models.FloatField()
    limit = models.FloatField()
    tripped_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-tripped_at", "guardrail"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "guardrail"], condition=models.Q(lifted_at__isnull=True), name="one_open_trip"
            )
        ]
