"""Pipelines of stages that prepare, write and check a mail, and what each stage made of each mail."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from campaigns.states import StageKind, StageState
from generation.models import Order, ResearchedSite, Teacher
from review.models import Draft, Record, Task, TaskVersion
from serving.models import Routed, RouterVersion
from serving.states import Act


class Pipeline(models.Model):
    """A way to write the mails of one task, stage by stage. What it does stands in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The task of the mails it writes.
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="pipelines")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PipelineVersion(models.Model):
    """The stages of a pipeline as they were saved once; a trigger refuses any change.

    A change makes the next version.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pipeline = models.ForeignKey(Pipeline, on_delete=models.DO_NOTHING, related_name="versions")
    number = models.PositiveIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pipeline", "-number"]
        constraints = [models.UniqueConstraint(fields=["pipeline", "number"], name="pipeline_version_once")]

    def __str__(self) -> str:
        return f"{self.pipeline.name} v{self.number}"


class PipelinePromotion(models.Model):
    """Promotion or demotion of a version as its task's default. Rows are only added; a version's newest one counts."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="pipeline_promotions")
    version = models.ForeignKey(PipelineVersion, on_delete=models.DO_NOTHING, related_name="promotions")
    act = models.CharField(max_length=8, choices=Act.choices)
    # The experiment that it won; none where a lead promoted it without one, and where it was taken back.
    experiment = models.ForeignKey("campaigns.Experiment", null=True, on_delete=models.DO_NOTHING, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.version}"


class Stage(models.Model):
    """One stage of a pipeline: a task asked of a model, or rules. A trigger refuses any change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(PipelineVersion, on_delete=models.DO_NOTHING, related_name="stages")
    position = models.PositiveSmallIntegerField()
    # What later stages call it by in their inputs.
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=StageKind.choices)
    # None where rules do it.
    task_version = models.ForeignKey(TaskVersion, null=True, on_delete=models.DO_NOTHING, related_name="+")
    teacher = models.ForeignKey(Teacher, null=True, on_delete=models.DO_NOTHING, related_name="+")
    # Who is asked where a router decides that; `teacher` is then its teacher, whom all else goes to.
    router = models.ForeignKey(RouterVersion, null=True, on_delete=models.DO_NOTHING, related_name="+")
    # Field of the stage's task → where its value comes from: `contact.company`, `record.FIELD`, `STAGE.FIELD`.
    inputs = models.JSONField(default=dict)
    # {field, in: [values]}: which mails go on after it; empty: all.
    condition = models.JSONField(default=dict)

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="stage_position_once"),
            models.UniqueConstraint(fields=["version", "name"], name="stage_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def asked_name(self) -> str:
        if self.router is not None:
            return str(self.router)
        return self.teacher.name if self.teacher is not None else "Rules"


class StageOrder(models.Model):
    """An order for the answers of one stage on mails of one campaign; who asks again finds this one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT, related_name="stage_orders")
    stage = models.ForeignKey(Stage, on_delete=models.DO_NOTHING, related_name="+")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)


class StageRoute(models.Model):
    """Route of one record of a stage, once and for all, and its result. Its thresholds stand in the stage's version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT, related_name="stage_routes")
    stage = models.ForeignKey(Stage, on_delete=models.DO_NOTHING, related_name="routes")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    routed = models.OneToOneField(Routed, on_delete=models.PROTECT, related_name="+")
    # The answer of the model it was sent to; none before that came.
    draft = models.ForeignKey(Draft, null=True, on_delete=models.PROTECT, related_name="+")
    # What that cost, with what the router's first model wrote before it.
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["campaign", "stage", "created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "stage", "record"], name="stage_route_once")]
        indexes = [models.Index(fields=["stage", "campaign"], name="stage_routes_of_stage")]


class StageRun(models.Model):
    """Result of one stage for one mail; with a verify stage, for one claim of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey("campaigns.Message", on_delete=models.PROTECT, related_name="stage_runs")
    stage = models.ForeignKey(Stage, on_delete=models.DO_NOTHING, related_name="runs")
    # Which claim, of a stage that sees them one by one; 0 elsewhere.
    part = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=StageState.choices, default=StageState.WAITING)
    # The pages that are read first, of a research stage that starts from a site.
    site = models.ForeignKey(ResearchedSite, null=True, on_delete=models.SET_NULL, related_name="+")
    # What the model saw and what it answered.
    record = models.ForeignKey(Record, null=True, on_delete=models.PROTECT, related_name="+")
    draft = models.ForeignKey(Draft, null=True, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="+")
    # What later stages may take from it; emptied when the person is erased.
    output = models.JSONField(default=dict)
    # Why it stopped or failed, or what of its answer was left out; emptied when the person is erased.
    reason = models.CharField(max_length=500, blank=True)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    # How long the model took over its answer; none where rules did it.
    seconds = models.FloatField(null=True)
    # How sure a miniature was of its answer; see `Draft.mean_log_prob`.
    mean_log_prob = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["message", "stage", "part"]
        constraints = [models.UniqueConstraint(fields=["message", "stage", "part"], name="stage_run_once")]
        indexes = [models.Index(fields=["stage", "state"], name="stage_runs_by_state")]
