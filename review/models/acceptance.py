"""Drafts that a judge accepted without a person, and the rule under which it did.

A rule's figures are fixed once it is tried.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from review.models.desk import Draft
from review.models.tasks import Task, TaskVersion


class AcceptanceRule(models.Model):
    """A lead's try to have a judge accept drafts of one task.

    It waits until experts' verdicts bear it out, then it accepts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="acceptance_rules")
    task_version = models.ForeignKey(TaskVersion, on_delete=models.CASCADE, related_name="+")
    # Whose word it goes by: a teacher's short name, its model then, and the version of what it was asked.
    judge = models.CharField(max_length=120)
    judge_model = models.CharField(max_length=120)
    prompt_version = models.PositiveSmallIntegerField()
    # At most this share of what is accepted may be wrong.
    bound = models.FloatField()
    # Of what could be accepted this share is left to experts, drawn by lot.
    audit_share = models.FloatField()
    # The n-th try with this judge and task version: each costs some of the confidence.
    attempt = models.PositiveSmallIntegerField(default=1)
    # The least score that it is to accept, fixed before verdicts are looked at; none in rules of before 26
    # November 2026.
    proposed = models.FloatField(null=True)
    # The least score that is accepted, none until it is borne out; and of the verdicts that count how many were wrong.
    threshold = models.FloatField(null=True)
    wrong = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(ended_at__isnull=True), name="one_acceptance_rule_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(bound__gt=0, bound__lt=1, audit_share__gt=0, audit_share__lte=1, wrong__lte=F("of")),
                name="acceptance_rule_has_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge}, at most {self.bound:.1%} wrong"

    @property
    def is_active(self) -> bool:
        """Return whether the rule still runs: it accepts drafts, or waits until it may."""
        return self.ended_at is None

    @property
    def is_borne_out(self) -> bool:
        """Return whether verdicts have confirmed the rule; its end does not change that."""
        return self.threshold is not None


class MachineAcceptance(models.Model):
    """One draft that a rule chose: accepted by the judging that read it, or left to experts as an audit.

    It stands while the draft's state says so; a person's verdict, a recall or an erasure moves that on. No draft is
    chosen twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.ForeignKey(AcceptanceRule, on_delete=models.CASCADE, related_name="acceptances")
    draft = models.OneToOneField(Draft, on_delete=models.CASCADE, related_name="machine_acceptance")
    # The order for verdicts that did it, and how sure the judge was.
    judging_id = models.UUIDField()
    score = models.FloatField()
    is_audit = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["rule", "is_audit"], name="acceptances_of_rule")]
