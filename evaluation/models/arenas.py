"""Arenas: systems of one evaluation compared blind by experts, pair by pair; a pair is fixed when its arena opens."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from evaluation.models.evaluations import Evaluation
from evaluation.states import ArenaEnd, VoteVerdict
from review.models import Record, Task


class Arena(models.Model):
    """A blind comparison of systems that one evaluation scored, open until the answer is clear."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="arenas")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="arenas")
    # Names as the evaluation has them; the first is what the others are told against.
    systems = models.JSONField(default=list)
    # Most pairs that are voted on for each two of the systems.
    most_votes = models.PositiveIntegerField()
    # What the order of cards and their sides is drawn by.
    seed = models.CharField(max_length=32)
    # Records that are not dealt, since one of the systems wrote nothing for them.
    left_out = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=8, choices=ArenaEnd.choices, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="arenas_of_task")]

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def __str__(self) -> str:
        return " against ".join(self.systems)


class ArenaPair(models.Model):
    """Texts that two systems wrote for one record; the texts stay with the evaluation, and go with its record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    arena = models.ForeignKey(Arena, on_delete=models.PROTECT, related_name="pairs")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    # Places in the arena's systems; which is left was drawn.
    left = models.PositiveSmallIntegerField()
    right = models.PositiveSmallIntegerField()
    # Both wrote the same: a tie that nobody is asked about.
    is_identical = models.BooleanField(default=False)
    # Two experts vote on it, so that their agreement can be told.
    is_doubled = models.BooleanField(default=False)

    class Meta:
        ordering = ["arena", "id"]
        constraints = [
            models.UniqueConstraint(fields=["arena", "record", "left", "right"], name="one_pair_of_systems_and_record")
        ]


class ArenaVote(models.Model):
    """One expert's vote on one pair; never changed: taking it back is a vote of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pair = models.ForeignKey(ArenaPair, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    verdict = models.CharField(max_length=8, choices=VoteVerdict.choices)
    seconds = models.FloatField(default=0)
    retracts = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.DO_NOTHING, related_name="retracted_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
