"""Shapes of web research: what is ordered, how far it is, and the pages that were read."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from generation.services.research.orders import MOST_PAGES, MOST_SITES


class SiteIn(serializers.Serializer[Any]):
    """One company; either may be left out."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    url = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ResearchIn(serializers.Serializer[Any]):
    """Sites, or a source whose records name them."""

    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    source = serializers.UUIDField(required=False, allow_null=True, default=None)  # type: ignore[assignment]
    sites = serializers.ListField(child=SiteIn(), required=False, default=list, max_length=MOST_SITES)
    facts = serializers.DictField(
        child=serializers.CharField(max_length=2000), required=False, default=dict, help_text="Values for all records"
    )
    pages_per_site = serializers.IntegerField(min_value=1, max_value=MOST_PAGES, default=3)
    chars_per_page = serializers.IntegerField(min_value=200, max_value=20_000, default=6000)
    searches = serializers.BooleanField(default=False)


class ResearchOut(serializers.Serializer[Any]):
    """One order."""

    id = serializers.UUIDField()
    task = serializers.SlugField(source="task.slug")
    name = serializers.CharField()
    job = serializers.UUIDField(source="job_id", allow_null=True)
    state = serializers.CharField(source="job.state", default="")
    source = serializers.UUIDField(source="source_id", allow_null=True)  # type: ignore[assignment]
    made_source = serializers.UUIDField(source="made_source_id", allow_null=True)
    rows_added = serializers.IntegerField()
    rows_known = serializers.IntegerField()
    problem = serializers.CharField()
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, research: Any) -> str:
        return reverse("generation:research", args=[research.pk])


class WebPageOut(serializers.Serializer[Any]):
    """One stored page, or why it was refused."""

    url = serializers.CharField()
    final_url = serializers.CharField()
    way = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    fetched_at = serializers.DateTimeField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    refused_code = serializers.CharField()
    refused_why = serializers.CharField()
