"""Drafts, who holds them, what was decided, one by one or in bulk, which was preferred, and what counts."""

from __future__ import annotations

import secrets
import uuid
from functools import partial

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from review.models.sources import Record, Source
from review.models.tasks import Task, TaskVersion
from review.states import RANDOM_SLICE_BELOW, AssignmentState, DraftState, Drawn, Verdict


class BulkAct(models.Model):
    """One verdict on many drafts at once, and when it was undone. Its decisions name it; the client makes its id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="bulk_acts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    verdict = models.CharField(max_length=10)
    # How the drafts were found, for the record: filters, a sentence, a cluster.
    selection = models.JSONField(default=dict)
    body_hash = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="bulk_acts_of_task")]

    @property
    def is_done(self) -> bool:
        return bool(self.selection.get("is_done"))

    @property
    def left_out(self) -> dict[str, int]:
        """Number of drafts passed over, by why."""
        return dict(self.selection.get("left_out", {}))


# Waits on the desk, for any reviewer.
FOR_ANYBODY = Q(state=DraftState.PENDING, for_reviewer__isnull=True)


class Draft(models.Model):
    """One draft for one record under one task version, with its provenance as plain values."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The indexes below begin with the task. Without a constraint, which a large import would check for each row: the
    # record's source has one, so that no task goes while it has drafts.
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="drafts", db_index=False, db_constraint=False)
    task_version = models.ForeignKey(TaskVersion, on_delete=models.DO_NOTHING, related_name="drafts")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="drafts")
    state = models.CharField(max_length=10, choices=DraftState.choices, default=DraftState.PENDING)
    # Smaller comes first on the desk; set-aside cards go behind the rest.
    queue_position = models.BigIntegerField(default=0)
    # The same queue in a random order: what is drawn by it gives unbiased rates.
    # A place in a random order of the queue, uniform over the non-negative 63-bit integers.
    random_key = models.BigIntegerField(default=partial(secrets.randbelow, 2**63), editable=False)
    # How many reviewers judge it, blind to each other, before it resolves.
    verdicts_wanted = models.PositiveSmallIntegerField(default=1)
    # Dealt to this reviewer alone; to any reviewer when empty.
    for_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # The draft that this one revises.
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="revisions", db_index=False
    )
    fields = models.JSONField()
    fields_hash = models.CharField(max_length=64)
    words = models.PositiveIntegerField(default=0)
    messages = models.JSONField(default=list)
    # Of a follow-up: the mails its reader got before, `subject` and `body` of each; slots stay unfilled.
    thread = models.JSONField(null=True, blank=True)
    marks = models.JSONField(default=list)
    marks_count = models.PositiveSmallIntegerField(default=0)
    # Drafts of a large import are marked within seconds, not with it; until then they are read before one is shown.
    is_checked = models.BooleanField(default=True, db_default=True)

    origin = models.CharField(max_length=20, default="teacher")  # teacher, import, miniature
    provenance = models.CharField(max_length=200, blank=True)
    # The file of finished drafts it came with.
    # Without a constraint: checking it would slow a large import, and removing a source removes its drafts first.
    imported_from = models.ForeignKey(
        Source,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    job_id = models.UUIDField(null=True, blank=True)
    call_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  (unique, and many have none)
    teacher = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=120, blank=True)
    parameters = models.JSONField(default=dict)
    prompt_hash = models.CharField(max_length=64, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    latency_s = models.FloatField(default=0)
    # What the offline teacher or a hand wrote wrong on purpose; never shown to reviewers before they decide.
    labelled_defects = models.JSONField(default=list)
    # Mean log probability of the tokens a served miniature wrote, by its own softmax; kept back as its name is.
    mean_log_prob = models.FloatField(null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    # Since then its texts are tombstones that name their hash.
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["queue_position", "created_at"]
        constraints = [models.UniqueConstraint(fields=["call_id"], name="draft_once_per_call")]
        indexes = [
            models.Index(fields=["job_id"], condition=Q(job_id__isnull=False), name="drafts_of_job"),
            models.Index(fields=["imported_from"], condition=Q(imported_from__isnull=False), name="drafts_of_import"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="drafts_revising"),
            models.Index(fields=["task"], condition=Q(is_checked=False), name="drafts_unchecked"),
            # Few ever are; whether a frozen version holds one is asked on its page.
            models.Index(fields=["erased_at"], condition=Q(erased_at__isnull=False), name="drafts_erased"),
            # The queue: partial, so that taking the next card costs the same at a thousand and at a million.
            models.Index(
                fields=["task", "queue_position", "id"],
                condition=FOR_ANYBODY & Q(verdicts_wanted=1, random_key__gte=RANDOM_SLICE_BELOW),
                name="desk_queue",
            ),
            models.Index(
                fields=["task", "random_key"],
                condition=FOR_ANYBODY & Q(verdicts_wanted=1, random_key__lt=RANDOM_SLICE_BELOW),
                name="desk_queue_at_random",
            ),
            # Judged by some and blind to the rest: these wait for further reviewers.
            models.Index(
                fields=["task", "queue_position", "id"],
                condition=FOR_ANYBODY & Q(verdicts_wanted__gt=1),
                name="desk_queue_of_overlap",
            ),
            models.Index(
                fields=["for_reviewer", "task", "queue_position", "id"],
                condition=Q(state=DraftState.PENDING, for_reviewer__isnull=False),
                name="desk_queue_of_reviewer",
            ),
            models.Index(fields=["task", "state", "-created_at"], name="drafts_by_state"),
            # The newest first, whatever became of them on the desk; what is kept from it may be far more, and is
            # skipped.
            models.Index(
                fields=["task", "-created_at", "-id"], condition=~Q(state=DraftState.KEPT), name="drafts_newest"
            ),
            # The last place in the queue.
            models.Index(fields=["task", "queue_position"], name="drafts_by_place"),
        ]


class Assignment(models.Model):
    """One draft in front of one reviewer, and the lease on it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Indexes and constraints below begin with the draft and with the reviewer.
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=AssignmentState.choices, default=AssignmentState.ACTIVE)
    # How the card came: in the order of the queue, at random, for overlap, as a known answer, assigned, asked for.
    drawn = models.CharField(max_length=10, choices=Drawn.choices, default=Drawn.QUEUE)
    leased_until = models.DateTimeField()
    etag = models.CharField(max_length=64)
    unfinished = models.JSONField(null=True, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "reviewer"], name="one_assignment_per_reviewer"),
            models.UniqueConstraint(
                fields=["draft"], condition=Q(state=AssignmentState.ACTIVE), name="one_holder_per_draft"
            ),
        ]
        indexes = [
            models.Index(fields=["reviewer", "task", "state"], name="assignments_in_deck"),
            models.Index(fields=["leased_until"], condition=Q(state=AssignmentState.ACTIVE), name="leases_to_expire"),
        ]


class Decision(models.Model):
    """One expert's immutable verdict; a trigger refuses UPDATE and DELETE. Its id is made by the client."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Indexes below begin with the draft and with the reviewer.
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="decisions", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.DO_NOTHING, related_name="+")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="decisions", db_index=False
    )
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    fields = models.JSONField(null=True)
    before_hash = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    reasons = models.JSONField(default=list)
    ratings = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    # Null where a file of verdicts told no time.
    seconds = models.FloatField(default=0, null=True, blank=True)
    is_late = models.BooleanField(default=False)
    # Of an edit: the share of words that changed (0 to 1), and what kinds of change it made.
    edit_size = models.FloatField(null=True, blank=True)
    edit_kinds = models.JSONField(default=list, blank=True)
    # On cards of values alone: whether the reviewer judged without seeing the teacher's; null where that is no
    # question.
    teacher_hidden = models.BooleanField(null=True, blank=True)
    # Set on verdicts given to many drafts at once: not read one by one.
    bulk = models.ForeignKey(BulkAct, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="decisions")
    # Set on verdicts given elsewhere and brought in with a file.
    imported_from = models.ForeignKey(Source, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="+")
    retracts = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.DO_NOTHING, related_name="retracted_by"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Kind of a lead's last ruling on it, where a query annotates it.
    ruled: str | None = None

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["reviewer", "task", "-created_at"], name="my_decisions"),
            # Verdicts in bulk took no time: how fast somebody reads is told without walking through them.
            models.Index(
                fields=["reviewer", "task", "-created_at"], condition=Q(seconds__gt=0), name="my_timed_decisions"
            ),
            models.Index(fields=["draft", "created_at"], name="decisions_of_draft"),
            # Late ones are few among many, and a lead looks for them alone.
            models.Index(fields=["task", "-created_at"], condition=Q(is_late=True), name="late_decisions"),
        ]


class Gold(models.Model):
    """Pointer to the decision that counts for a draft. The text is read through the pointer."""

    draft = models.OneToOneField(Draft, primary_key=True, on_delete=models.CASCADE, related_name="gold")
    # The indexes below begin with the task.
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="golds", db_index=False)
    decision = models.OneToOneField(Decision, on_delete=models.DO_NOTHING, related_name="gold")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    decided_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["task", "verdict", "decided_at"], name="golds_by_verdict"),
            # A page counts over the newest golds, so that it costs the same at ten million as at ten thousand.
            models.Index(fields=["task", "-decided_at"], name="golds_newest"),
        ]


class Preference(models.Model):
    """An expert's choice of the best draft shown, made without seeing authors; a trigger refuses UPDATE and DELETE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.DO_NOTHING, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.DO_NOTHING, related_name="preferences")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+")
    # None when the expert found none better than the others.
    chosen = models.ForeignKey(Draft, null=True, on_delete=models.DO_NOTHING, related_name="chosen_in")
    # Ids of the drafts as they were laid out, left to right.
    shown = models.JSONField(default=list)
    seconds = models.FloatField(default=0)
    note = models.TextField(blank=True)
    body_hash = models.CharField(max_length=64)
    retracts = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.DO_NOTHING, related_name="retracted_by"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Whether a later one takes it back, where a query annotates it.
    is_retracted = False

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="preferences_of_task")]
