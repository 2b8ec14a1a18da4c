"""Orders for drafts, every paid request of them, batches that lie at a provider, and drafts that stay off the desk."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from generation.models.teachers import Teacher
from generation.states import (
    BatchState,
    CallState,
    ChosenBy,
    LeftOutReason,
    Purpose,
    Settlement,
    Stragglers,
    UncertainPolicy,
    Way,
)
from jobs.models import Job
from jobs.states import JobState
from review.models import Draft, Record, Source, Task, TaskVersion


class Order(models.Model):
    """One order for drafts. Its state is its job's; the records it writes for are fixed when it is launched."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField(Job, null=True, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="orders")
    task_version = models.ForeignKey(TaskVersion, on_delete=models.DO_NOTHING, related_name="+")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    teacher = models.ForeignKey(Teacher, on_delete=models.PROTECT, related_name="jobs")
    # The teacher as it was at launch: later edits must not change what a resumed order asks for.
    teacher_spec = models.JSONField()
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.DESK)
    count = models.PositiveIntegerField()
    max_cost_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    # What budgets hold for it in all, what it has spent included; counts while its job has not ended.
    reserved_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    estimate = models.JSONField(default=dict)
    record_ids = models.JSONField(default=list)
    uncertain_policy = models.CharField(max_length=5, choices=UncertainPolicy.choices, default=UncertainPolicy.HOLD)
    # Asked one by one, or handed in as batches at a lower price; and what happens to calls a batch left unanswered.
    way = models.CharField(max_length=5, choices=Way.choices, default=Way.LIVE)
    stragglers = models.CharField(max_length=5, choices=Stragglers.choices, default=Stragglers.ASK)
    seed = models.PositiveIntegerField(default=0)
    repeats = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # The order whose drafts this one judges, or writes anew because they said the same as others.
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="followers")
    # How its drafts differ and which of them come to the desk: see `generation.diversity.mix.MixSettings`.
    variety = models.JSONField(default=dict, blank=True)
    # Of an order for follow-ups, by record: the mails its reader got before, `subject` and `body` of each. Fixed at
    # launch, so that every attempt asks the same.
    threads = models.JSONField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="generation_of_task")]

    def __str__(self) -> str:
        return f"{self.count} drafts by {self.teacher_names}"

    @property
    def teacher_names(self) -> str:
        """Names of the teachers of its mix, or of its one teacher."""
        mixed = [entry["teacher"]["name"] for entry in self.variety.get("teachers", [])]
        return ", ".join(mixed) or str(self.teacher_spec.get("name", ""))

    @property
    def is_cut_short(self) -> bool:
        """Return whether its money ended before all of its calls were made."""
        job = self.job
        return job is not None and job.state == JobState.SUCCEEDED and (job.result or {}).get("ended") == "budget"

    def kept_answers(self) -> models.QuerySet[Call]:
        """Calls whose answers are kept on them, in the order of their places."""
        return self.calls.filter(state=CallState.ANSWERED, fields__isnull=False).order_by("position", "created_at")


class Call(models.Model):
    """One paid request of an order. Its id is the call id that the provider, the journal and the draft carry."""

    id = models.UUIDField(primary_key=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="calls")
    # None where the call writes records: there is none yet that it is for.
    record = models.ForeignKey(Record, null=True, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=CallState.choices)
    settlement = models.CharField(max_length=8, choices=Settlement.choices, blank=True, default="")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    # Parts of the input: read from the provider's cache, and written into it.
    cached_tokens = models.PositiveIntegerField(default=0)
    cache_write_tokens = models.PositiveIntegerField(default=0)
    way = models.CharField(max_length=5, choices=Way.choices, default=Way.LIVE)
    # Who was asked, in an order that has several teachers; empty: the order's own.
    teacher_name = models.CharField(max_length=120, blank=True)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    cost_is_estimate = models.BooleanField(default=False)
    possible_cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    # What the answer's own count of tokens would have come to, where no call of its prompt can have cost that.
    claimed_cost_usd = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    # Whether it asked once more for a flawed answer: beside the plan, at the place of the call it was to mend.
    is_repair = models.BooleanField(default=False, db_default=False)
    # Whether an admin has set its cost by hand; nothing that is told later changes it (see `CallCorrection`).
    is_corrected = models.BooleanField(default=False, db_default=False)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    excerpt = models.TextField(blank=True)
    # Of answers that are no drafts: a draft for the desk has its text on its draft.
    fields = models.JSONField(null=True)
    model = models.CharField(max_length=120, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    prompt_hash = models.CharField(max_length=64, blank=True)
    latency_s = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["order", "position"]
        indexes = [
            models.Index(fields=["order", "state"], name="calls_by_state"),
            models.Index(fields=["created_at", "id"], name="calls_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ProviderBatch(models.Model):
    """Calls of an order that lie at a provider as one batch: what is needed to find it again from any host."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="batches")
    # Made by the engine before anything is sent, and sent along: the name by which a lost batch is found.
    token = models.CharField(max_length=80, unique=True)
    # The provider's own id; empty until it has answered.
    batch_id = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=BatchState.choices)
    # First and last positions of runs of calls, both included: [[0, 499], [510, 520]].
    positions = models.JSONField(default=list)
    requests = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    possible_cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    note = models.CharField(max_length=300, blank=True)
    prepared_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["prepared_at", "token"]

    def __str__(self) -> str:
        return self.batch_id or self.token


class LeftOut(models.Model):
    """A draft that was paid for and stays off the desk, and because of which other draft."""

    call = models.OneToOneField(Call, primary_key=True, on_delete=models.CASCADE, related_name="left_out")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="left_out")
    draft = models.OneToOneField(Draft, on_delete=models.CASCADE, related_name="left_out")
    reason = models.CharField(max_length=10, choices=LeftOutReason.choices)
    # The draft it repeats, or the one that was chosen before it.
    because_of = models.ForeignKey(Draft, null=True, on_delete=models.SET_NULL, related_name="+")
    # Share of five-word runs in common with it, 0 to 1, where that is the reason.
    similarity = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "call"]
        indexes = [models.Index(fields=["order", "reason"], name="left_out_by_reason")]

    def __str__(self) -> str:
        return f"{self.reason} {self.call_id}"


class BestOf(models.Model):
    """Choice of a record's drafts that an order put on the desk. A machine's choice: no preference to train on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="best_of")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    chosen = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=10, choices=ChosenBy.choices)
    # Ids of the drafts it was chosen from, itself included, and what the checks say of each: less is better.
    drafts = models.JSONField(default=list)
    weights = models.JSONField(default=dict)
    # The judge's paid call, and the order of the drafts it saw.
    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="+")
    shown = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["order", "record"], name="one_best_per_record")]

    def __str__(self) -> str:
        return f"{self.chosen_id} by {self.by}"
