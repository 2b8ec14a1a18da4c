"""Orders for records: sites to read, with pages that were read or refused, and records that a teacher makes up."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from generation.models.orders import Order
from generation.states import PageWay
from jobs.models import Job
from review.models import Record, Source, Task


class Research(models.Model):
    """One order: which sites to read for a task, and the records that were made of their pages."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="research")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="research")
    name = models.CharField(max_length=120)
    # Whose records it starts from; none where sites were typed.
    source = models.ForeignKey(Source, null=True, on_delete=models.SET_NULL, related_name="+")
    pages_per_site = models.PositiveSmallIntegerField(default=3)
    chars_per_page = models.PositiveIntegerField(default=6000)
    searches = models.BooleanField(default=False)
    made_source = models.ForeignKey(Source, null=True, on_delete=models.SET_NULL, related_name="+")
    rows_added = models.PositiveIntegerField(default=0)
    rows_known = models.PositiveIntegerField(default=0)
    # Why records could not be made, or which rows stayed out.
    problem = models.CharField(max_length=500, blank=True)
    is_settled = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["task", "-created_at"], name="research_of_task")]

    def __str__(self) -> str:
        return self.name


class ResearchedSite(models.Model):
    """One company of an order. Its facts stand in the record it starts from, or here where it was typed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    research = models.ForeignKey(Research, on_delete=models.CASCADE, related_name="sites")
    number = models.PositiveIntegerField()
    url = models.CharField(max_length=2000, blank=True)
    query = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=200)
    # Said for this order alone: all facts of a typed site, or what a record lacks.
    facts = models.JSONField(default=dict)
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="research_from")
    made_record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="research_made")
    is_done = models.BooleanField(default=False)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["research", "number"]
        constraints = [models.UniqueConstraint(fields=["research", "number"], name="site_number_once")]

    def __str__(self) -> str:
        return self.title


class WebPage(models.Model):
    """One page as it was on a day: its text with the hash of its bytes, or why it was not read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(ResearchedSite, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    way = models.CharField(max_length=10, choices=PageWay.choices)
    url = models.CharField(max_length=2000)
    final_url = models.CharField(max_length=2000, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    content_type = models.CharField(max_length=120, blank=True)
    size_bytes = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    refused_code = models.CharField(max_length=40, blank=True)
    refused_why = models.CharField(max_length=500, blank=True)
    # Of a start page: addresses chosen to read next.
    led_to = models.JSONField(default=list)
    fetched_at = models.DateTimeField()

    class Meta:
        ordering = ["site", "number"]
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="page_number_once")]

    def __str__(self) -> str:
        return self.url

    @property
    def address(self) -> str:
        return self.final_url or self.url


class Synthesis(models.Model):
    """One order for synthetic records: what they are to be like, and how many stayed.

    Each of its calls writes a few.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="syntheses")
    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="synthesis")
    # Its place among those of the task, which seeds the plan: another one asks for other records.
    number = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    per_call = models.PositiveSmallIntegerField()
    about = models.TextField(blank=True)
    # What varies, in a lead's words: values by name.
    attributes = models.JSONField(default=dict)
    # Records shown as examples, fixed at launch.
    seeds = models.JSONField(default=list)
    added = models.PositiveIntegerField(default=0)
    # Of those that were written and stayed out: how many, by `DropReason`, and the first hundred bad ones,
    # `[number, why]`.
    dropped = models.JSONField(default=dict)
    bad = models.JSONField(default=list)
    problem = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="synthesis_number_once_per_task")]

    def __str__(self) -> str:
        return f"{self.count} synthetic records"
