"""Rows of promotions and use, of engines that serve, and of routers.

How serving goes stands in its jobs and in the engines; nothing here repeats it.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from generation.models import Teacher
from jobs.models import Job
from review.models import Task, TaskVersion
from serving.states import LONGEST_REASON, Act, RouteFeature
from training.models import Miniature


class Promotion(models.Model):
    """Promotion of a miniature or its end. Rows are only added; a miniature's newest one counts."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="promotions")
    miniature = models.ForeignKey(Miniature, on_delete=models.PROTECT, related_name="promotions")
    act = models.CharField(max_length=8, choices=Act.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    # Why a lead promoted it though it did not pass its task's gate, and what stood in the way; empty where it passed.
    override_reason = models.CharField(max_length=LONGEST_REASON, blank=True, default="", db_default="")
    overridden = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["miniature", "-id"], name="promotions_of_miniature")]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.miniature}"


class Usage(models.Model):
    """Requests of one token of one member to one miniature on one day (UTC)."""

    day = models.DateField()
    miniature = models.ForeignKey(Miniature, on_delete=models.CASCADE, related_name="usage")
    # Null for the product's own engines.
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # The first characters of the token, `page` for the playground, `internal` for the product's own engines.
    token = models.CharField(max_length=40)
    requests = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)
    cancelled = models.PositiveBigIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["day", "miniature", "token"], name="usage_once_a_day_and_token"),
        ]


class Switch(models.Model):
    """Lock of what serves: its one row is held while replicas come and go."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)


class Replica(models.Model):
    """An engine that serves, by the job that runs it."""

    # The host it is meant for; empty: any host whose worker takes jobs of the queue `serving`.
    host_id = models.CharField(max_length=64, blank=True, default="")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    # Since then it gets no new question, and it ends once it has none left.
    draining_since = models.DateTimeField(null=True)
    # Reported by its engine under `reported_fence`: its unix socket, and where another host reaches it, if anywhere.
    socket = models.CharField(max_length=200, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    reported_fence = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.host_id or "any host"


class Fallback(models.Model):
    """A task's teacher that answers questions to its miniatures while no replica serves. Off where there is no row."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="+")
    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, related_name="+")
    # The lead who turned it on: a paid teacher's answers are ordered in their name.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.teacher} for {self.task}"


class Router(models.Model):
    """A name under which requests of one task go to the cheapest model that is good enough, with its versions below."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="routers")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="routers_of_task")]

    def __str__(self) -> str:
        return self.name


class RouterVersion(models.Model):
    """One setting of a router's thresholds: the promise, and the evidence it was set by. The newest one counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    router = models.ForeignKey(Router, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    # The task version whose verdicts bear it out; none in rows from before it was kept.
    task_version = models.ForeignKey(TaskVersion, null=True, on_delete=models.DO_NOTHING, related_name="+")
    # The first choice, the second where there is one, and whom everything else goes to.
    miniature = models.ForeignKey(Miniature, on_delete=models.PROTECT, related_name="+")
    larger = models.ForeignKey(Miniature, null=True, on_delete=models.PROTECT, related_name="+")
    teacher = models.ForeignKey(Teacher, on_delete=models.PROTECT, related_name="+")
    feature = models.CharField(max_length=10, choices=RouteFeature.choices)
    # Name of the record's number, where that is the feature.
    fact = models.CharField(max_length=80, blank=True)
    # The cheaper models take small numbers rather than large ones.
    takes_low = models.BooleanField(default=False)
    # Of each model but the teacher, in the feature's own unit; empty where verdicts bore nothing out: all goes to the
    # teacher.
    thresholds = models.JSONField(default=list)
    # At most this share worse than the teacher, and how sure; `level` is what was left of it for this try.
    margin = models.FloatField()
    confidence = models.FloatField()
    level = models.FloatField()
    # The n-th try on the verdicts of this task: each costs some of the confidence.
    attempt = models.PositiveIntegerField()
    audit_share = models.FloatField()
    pairs = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()
    won = models.PositiveIntegerField()
    p_value = models.FloatField(null=True)
    # SHA-256 of the ids of the records it rests on, in order.
    records_hash = models.CharField(max_length=64)
    # For each model, in order: its expected share and what an output cost among the drafts, `{"share", "cost_usd"}`.
    expected = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["router", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["router", "number"], name="one_router_version_of_a_number"),
            models.CheckConstraint(
                condition=Q(margin__gt=0, margin__lt=1, audit_share__gte=0, audit_share__lte=1)
                & Q(pairs__gte=F("lost") + F("won")),
                name="router_version_has_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.router}, version {self.number}"

    @property
    def writes_first(self) -> bool:
        """Return whether its first miniature writes before it chooses: every feature but a record's number needs it."""
        return self.feature != RouteFeature.FACT

    @property
    def names(self) -> list[str]:
        return [each.name for each in (self.miniature, self.larger, self.teacher) if each is not None]


class Routed(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(RouterVersion, on_delete=models.PROTECT, related_name="routed")
    # Place among the version's models.
    route = models.PositiveSmallIntegerField()
    # The feature as it was given; null where it was missing.
    value = models.FloatField(null=True)
    # Drawn by lot: it is written by the teacher too, and both texts are judged.
    is_audit = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["version", "is_audit"], name="routed_of_version")]


class RouteOutcome(models.Model):
    """Outcome of one routed request: its cost, and in the audit whether each of both texts passed."""

    routed = models.OneToOneField(Routed, primary_key=True, on_delete=models.PROTECT, related_name="outcome")
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    route_passes = models.BooleanField(null=True)
    teacher_passes = models.BooleanField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
