"""Rows of long work. The row is the truth; the queue only rings. Knows no task but by its slug."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.states import JobState

# In the spec of a job whose result was recorded elsewhere: that it was, and how many seconds the job took there.
PLAYED_BACK, RECORDED_S = "played_back", "recorded_s"


class Job(models.Model):
    """One long work of any kind: its state, who holds it, and how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    queue = models.CharField(max_length=40, default="default")
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in JobState], default=JobState.QUEUED.value
    )
    waiting_reason = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200)
    # Higher goes first; among equals the team that has had less goes first (jobs.scheduling.fairness).
    priority = models.SmallIntegerField(default=0, db_default=0)
    # Devices it computes on at once, known since its first claim.
    devices = models.PositiveSmallIntegerField(default=1, db_default=1)
    # Plain values, so that this room needs no key into the rooms above it.
    task_slug = models.CharField(max_length=60, blank=True, db_index=True)
    subject_id = models.UUIDField(null=True, blank=True)
    subject_url = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # The request that launched it; empty for work that no request began. Messages bear it too, and may be lost.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")

    spec = models.JSONField(default=dict)
    progress = models.JSONField(default=dict)  # {done, total, unit, rate_per_s, cost_usd}
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)  # {code, message, hint}

    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=120, blank=True)
    host_id = models.CharField(max_length=64, blank=True)
    boot_id = models.CharField(max_length=64, blank=True)
    pid = models.IntegerField(null=True)
    pid_started = models.CharField(max_length=40, blank=True)
    # The attempt's directory is named by the fence it was begun under; a re-attached one keeps it under a newer fence.
    run_fence = models.PositiveIntegerField(default=0)
    # Whether the end of that attempt has been taken; if not, the next claim re-attaches to it or reads its result.
    settled = models.BooleanField(default=True)
    # Until then an engine of that attempt may live on a host that no longer answers.
    engine_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    # Unplanned ends since a person last set it going, or since it last came further than at the one before.
    crashes = models.PositiveIntegerField(default=0)
    # How far it had come at the last of them, in its kind's own measure.
    reached = models.BigIntegerField(null=True)
    last_seq = models.PositiveBigIntegerField(default=0)
    # Since then its run directories hold texts that were erased elsewhere: they go as soon as it has ended.
    texts_erased_at = models.DateTimeField(null=True)
    # Since then a consumer may not have heard of its end; empty once all have.
    unheard_since = models.DateTimeField(null=True)

    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    rung_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["queue", "queued_at"], condition=Q(state__in=["queued", "waiting"]), name="jobs_to_claim"
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state__in=["running", "pausing", "cancelling"]), name="jobs_held"
            ),
            models.Index(fields=["-created_at", "-id"], name="jobs_newest"),
            models.Index(fields=["subject_id", "-created_at"], name="jobs_of_subject"),
            models.Index(fields=["request_id", "-created_at"], name="jobs_of_request"),
            # A task's, a person's or a campaign's jobs under way: few among a million that ended.
            models.Index(
                fields=["-created_at"], condition=~Q(state__in=["cancelled", "failed", "succeeded"]), name="jobs_open"
            ),
            # SQLite cannot tell that a question's values are those of a partial index's condition.
            models.Index(fields=["state", "lease_until"], name="jobs_by_state"),
            models.Index(fields=["unheard_since"], condition=Q(unheard_since__isnull=False), name="jobs_unheard"),
            models.Index(fields=["-finished_at"], condition=Q(state="failed"), name="jobs_failed"),
            models.Index(fields=["-finished_at"], condition=Q(finished_at__isnull=False), name="jobs_ended"),
        ]

    @property
    def is_played_back(self) -> bool:
        """Return whether the job's result was recorded elsewhere and played back here, as the demo's first are."""
        return bool(self.spec.get(PLAYED_BACK))

    @property
    def spec_as_done_here(self) -> dict[str, Any]:
        """Its spec without the words that its result was recorded elsewhere."""
        return {name: value for name, value in self.spec.items() if name not in (PLAYED_BACK, RECORDED_S)}

    def __str__(self) -> str:
        return self.title


class JobEvent(models.Model):
    """Something a job reported. `seq` is gap-free per job and is the SSE id; metrics carry their engine's step."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    fence = models.PositiveIntegerField()
    engine_seq = models.PositiveBigIntegerField(null=True)
    ts = models.DateTimeField()
    kind = models.CharField(max_length=30)
    payload = models.JSONField(default=dict)

    class Meta:
        ordering = ["job", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="event_seq_once"),
            models.UniqueConstraint(fields=["job", "fence", "engine_seq"], name="engine_event_once"),
        ]


class FinishedNotice(models.Model):
    """Receipt of a job's end by one consumer of an upper room; makes consumption idempotent."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    consumer = models.CharField(max_length=60)
    consumed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "consumer"], name="notice_consumed_once")]


class ReaperTurn(models.Model):
    """Lock of the reaper and progress of its scan of ended jobs, in one row."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    # Nobody else begins before; a reaper that was killed holds its turn no longer than that.
    held_until = models.DateTimeField(null=True)
    # When all ended jobs were last held against all consumers, and the kinds each consumer had by then.
    looked_through_at = models.DateTimeField(null=True)
    consumers = models.JSONField(default=dict)
    # A scan under way, {cursor, consumers}: where its next slice begins, and what all its slices were held against.
    scan = models.JSONField(null=True)
    # When the beat last got a worker to look: a beat that is dead is known by it.
    ticked_at = models.DateTimeField(null=True)
    # Jobs taken back, ever, from workers that had stopped answering.
    leases_lost = models.PositiveBigIntegerField(default=0, db_default=0)


class WorkerBeat(models.Model):
    """Heartbeat of one worker. Each worker renews its own row; a worker whose row is too old is gone."""

    worker = models.CharField(max_length=120, primary_key=True)
    host = models.CharField(max_length=64)
    queues = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker


class Host(models.Model):
    """A machine, or a container of its own, that workers run on: what it has, as its own workers found it."""

    id = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=120)
    boot_id = models.CharField(max_length=64)
    gpus = models.JSONField(default=list)  # [{name, bytes}], in the order torch counts them
    cores = models.PositiveIntegerField(default=0)
    memory_bytes = models.PositiveBigIntegerField(default=0)
    disk_bytes = models.PositiveBigIntegerField(default=0)
    disk_free_bytes = models.PositiveBigIntegerField(default=0)
    versions = models.JSONField(default=dict)  # {package: version}
    # Why its workers take no jobs although they are there; empty where they do.
    problem = models.CharField(max_length=300, blank=True)
    is_draining = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Halt(models.Model):
    """Switch that stops all outgoing traffic. Its one row is the truth for every process."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    is_on = models.BooleanField(default=False)
    since = models.DateTimeField(null=True)
    # None: from the command line.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    resumed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "stopped" if self.is_on else "not stopped"


class BackupTrial(models.Model):
    """A trial restore of one backup: only a backup that came back in a scratch database counts as verified."""

    file_name = models.CharField(max_length=255)
    bytes = models.PositiveBigIntegerField(default=0)
    # As its manifest says; none where the manifest cannot be read.
    made_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(auto_now_add=True)
    verified_at = models.DateTimeField(null=True)
    # Why it did not come back; empty where it did.
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-tried_at", "-id"]

    def __str__(self) -> str:
        return self.file_name


class Alert(models.Model):
    """A trouble of the installation that is under way, and which channels were told that it began."""

    name = models.CharField(max_length=60)
    # What it is about, such as a queue or a disk; empty where there is one of its kind only.
    subject = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500)
    hint = models.CharField(max_length=500, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    told = models.JSONField(default=list)
    # Channels that are being told. One that dies meanwhile leaves them here, and they are told a second time.
    telling = models.JSONField(default=list)
    # Nobody else tells of it before.
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["first_seen_at", "name", "subject"]
        constraints = [models.UniqueConstraint(fields=["name", "subject"], name="alert_open_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.subject}".strip()
