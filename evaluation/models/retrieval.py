"""Studies of verifiers over retrieval: what was registered, what each arm answered, and the verdict.

A study's own row never changes: a trigger refuses it. How it goes stands in its job.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models

from generation.models import Teacher
from jobs.models import Job
from review.models import Task
from training.models import Miniature


class RetrievalStudy(models.Model):
    """Claims of known truth, who is to judge them and the rule that decides, all fixed before anything is judged."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="retrieval_studies")
    question = models.CharField(max_length=200)
    # [[text, supported, document, evidence], ...]
    claims = models.JSONField()
    miniature = models.ForeignKey(Miniature, null=True, on_delete=models.PROTECT, related_name="+")
    teacher = models.ForeignKey(Teacher, null=True, on_delete=models.PROTECT, related_name="+")
    max_cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    # Canonical JSON, kept as text so that the bytes that were hashed are the bytes that are handed out.
    record_text = models.TextField()
    record_sha256 = models.CharField(max_length=64)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="retrieval_study")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="retrieval_studies_of_task")]

    def __str__(self) -> str:
        return self.question

    @property
    def record(self) -> dict[str, Any]:
        """The registration."""
        return dict(json.loads(self.record_text))


class RetrievalArm(models.Model):
    """One who judges the claims of a study, in the order in which they are asked, and the answers."""

    study = models.ForeignKey(RetrievalStudy, on_delete=models.PROTECT, related_name="arms")
    position = models.PositiveSmallIntegerField()
    arm = models.CharField(max_length=10)
    # Of what an answer follows from: passages and claims, and who judges. Studies that share it share the answers.
    fingerprint = models.CharField(max_length=64, db_index=True)
    # Ids of the jobs by which a model answers: none is launched twice, and they rest and end with the study.
    jobs = models.JSONField(default=list)
    # {"said": for each claim, whether it is taken as supported, "unanswered": how many of them the model left to the rules}.
    answers = models.JSONField(null=True)
    # Its answers were there before the study began.
    is_reused = models.BooleanField(default=False)

    class Meta:
        ordering = ["study", "position"]
        constraints = [models.UniqueConstraint(fields=["study", "position"], name="one_retrieval_arm_per_place")]

    def __str__(self) -> str:
        return self.arm


class RetrievalVerdict(models.Model):
    """What a study came to: its sentence and every number behind it."""

    study = models.OneToOneField(RetrievalStudy, primary_key=True, on_delete=models.PROTECT, related_name="verdict")
    body = models.JSONField()
    written_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.body.get("sentence", ""))
