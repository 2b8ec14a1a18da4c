"""Verdicts of a judge on texts by a rubric, beside those of experts; claims that a teacher checks; and lessons."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from generation.models.orders import Order
from generation.states import ProposalState
from review.models import Draft, Record, Task, TaskVersion


class Judging(models.Model):
    """One order for a judge's verdicts. How it goes stands in its order's job."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="judgings")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="judging")
    # What its texts are of, in words and as an address of this site: an order, an evaluation.
    subject = models.CharField(max_length=200)
    subject_id = models.UUIDField(db_index=True)
    subject_url = models.CharField(max_length=200)
    # Of comparisons, the two systems; empty where each text is judged by itself.
    first = models.CharField(max_length=120, blank=True, default="", db_default="")
    second = models.CharField(max_length=120, blank=True, default="", db_default="")
    # By writer, how many answers were left out since they had no shape; empty where it was not counted.
    without_shape = models.JSONField(null=True, blank=True)
    prompt_version = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Verdicts on {self.subject}"

    @property
    def is_pairwise(self) -> bool:
        return bool(self.first)


class JudgedText(models.Model):
    """One text that a judge reads.

    Its id is the made-up record id of its call; text and experts' verdict are fixed at launch.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    judging = models.ForeignKey(Judging, on_delete=models.CASCADE, related_name="texts")
    place = models.PositiveIntegerField()
    # Whose text it is, as tables call it; empty for one that is only there to hold the judge against experts.
    group = models.CharField(max_length=120, blank=True)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    draft = models.ForeignKey(Draft, null=True, on_delete=models.SET_NULL, related_name="+")
    fields = models.JSONField(default=dict)
    words = models.PositiveIntegerField(default=0)
    # Whether experts took it as it was, and which requirements they said it meets; None where none judged it.
    expert_passes = models.BooleanField(null=True)
    expert_meets = models.JSONField(default=dict)
    # The same by the judge; None until it has answered.
    passes = models.BooleanField(null=True)
    meets = models.JSONField(default=dict)
    why = models.CharField(max_length=400, blank=True)
    # How likely the judge holds it to pass, 0 to 1; None of one that tells none.
    confidence = models.FloatField(null=True)

    class Meta:
        ordering = ["judging", "place"]
        constraints = [models.UniqueConstraint(fields=["judging", "place"], name="judged_text_once_per_place")]

    def __str__(self) -> str:
        return f"{self.group or 'a reviewed draft'} {self.place}"


class JudgedPair(models.Model):
    """Two systems' texts on one record that a judge compares in both orders.

    Its calls are those at twice its place, and the next.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    judging = models.ForeignKey(Judging, on_delete=models.CASCADE, related_name="pairs")
    place = models.PositiveIntegerField()
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    first_fields = models.JSONField(default=dict)
    second_fields = models.JSONField(default=dict)
    # 1 where the first system's text is the longer one, -1 where the second's is, 0 where both are as long.
    longer = models.SmallIntegerField(default=0)
    # What the judge preferred by its place, `first`, `second` or `tie`; with the systems in order, and turned round.
    # Empty until then.
    as_is = models.CharField(max_length=6, blank=True)
    swapped = models.CharField(max_length=6, blank=True)
    why = models.CharField(max_length=400, blank=True)
    why_swapped = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["judging", "place"]
        constraints = [models.UniqueConstraint(fields=["judging", "place"], name="judged_pair_once_per_place")]

    def __str__(self) -> str:
        return f"pair {self.place}"


class ClaimCheck(models.Model):
    """One order for a teacher's answers on claims. The answers stay on its calls, at the places of the claims."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whose budget pays.
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="claim_checks")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="claim_check")
    # Hash of the teacher as it was and of the words it was asked in: equal ones need not be asked twice.
    asked_as = models.CharField(max_length=64, db_index=True)
    claims = models.JSONField(default=list)  # [[passage, text]], fixed at launch
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{len(self.claims)} claims for {self.order.teacher_spec.get('name', '')}"


class TaskProposal(models.Model):
    """A next version of a task that rejections and edits suggest; nothing changes until a person accepts it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="proposals")
    base_version = models.ForeignKey(TaskVersion, on_delete=models.DO_NOTHING, related_name="+")
    # The order whose one call asked a teacher; none where it was counted here.
    order = models.OneToOneField("generation.Order", null=True, on_delete=models.SET_NULL, related_name="proposal")
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN)
    # Decisions that were looked at, newest first.
    decisions = models.JSONField(default=list)
    # What is proposed: `{part, value, why, decisions}` each.
    changes = models.JSONField(default=list)
    # What the decisions have in common, as counted here: `{code, label, count, decisions}` each.
    counted = models.JSONField(default=dict)
    why_not = models.CharField(max_length=300, blank=True)
    accepted_version = models.ForeignKey(TaskVersion, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="proposals_of_task")]

    def __str__(self) -> str:
        return f"{self.task_id} {self.state}"
