"""Bodies of requests and answers about miniatures and what they write."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.drafts.serializers import MailFiguresOut


class WorkStartedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()


class MiniatureOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    task = serializers.CharField(source="task.slug")
    run = serializers.UUIDField(source="run_id")
    student = serializers.CharField(source="student.slug")
    method = serializers.CharField()
    bytes = serializers.IntegerField()
    manifest_sha256 = serializers.CharField()
    contains_revoked = serializers.BooleanField()
    contains_erased = serializers.BooleanField()
    summary = serializers.DictField()
    created_at = serializers.DateTimeField()


class DataCostOut(serializers.Serializer[Any]):
    """Cost of drafts and of the people who judged them, in US dollars as text."""

    drafts = serializers.IntegerField()
    drafts_usd = serializers.CharField()
    orders_usd = serializers.CharField(help_text="What the orders of these drafts cost in all, rejected ones included")
    orders_possible_usd = serializers.CharField()
    decisions = serializers.IntegerField()
    human_s = serializers.FloatField()
    human_usd = serializers.CharField()
    total_usd = serializers.CharField(help_text="The parts that have a price, training included")
    is_whole = serializers.BooleanField(help_text="Whether every part has a price")


class MiniatureCostOut(DataCostOut):
    """Own cost of a miniature: the calls of its drafts, the time of people, and its run."""

    run = serializers.DictField()


class StartOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()


class CostWithStartsOut(DataCostOut):
    """Cost of a miniature with all it starts from; drafts and decisions that several used count once."""

    starts = StartOut(many=True, help_text="Miniatures it was trained from, the nearest first")
    runs = serializers.IntegerField(help_text="Its own run and those of its starts")
    runs_usd = serializers.CharField()
    host_seconds = serializers.FloatField()


class MiniatureDetailOut(MiniatureOut):
    files = serializers.ListField(child=serializers.DictField())
    lineage = serializers.DictField()
    cost = MiniatureCostOut()
    cost_with_starts = CostWithStartsOut()
    mails = MailFiguresOut(many=True, help_text="Results of the mails that it wrote or contributed a stage to.")


class WriteIn(serializers.Serializer[Any]):
    """Facts by input field name."""

    record = serializers.DictField()


class WrittenOut(serializers.Serializer[Any]):
    """Output of a miniature; `marks` are the places that the task's checks object to."""

    fields: Any = serializers.DictField()
    marks = serializers.ListField(child=serializers.DictField())
    seconds = serializers.FloatField()
    job = serializers.UUIDField()
