"""Tasks that judge drafts of another."""

from __future__ import annotations

from django.db import models

from review.models.tasks import Task


class JudgeTask(models.Model):
    """A task whose miniatures say of another task's drafts whether an expert would take them."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="judges")
    judged = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="judge_task")

    def __str__(self) -> str:
        return f"{self.task_id} judges drafts of {self.judged_id}"
