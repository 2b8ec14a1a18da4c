"""The shape of a job and of an event outside the database: API answers, live events, other rooms' answers."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from jobs.models import Halt, JobEvent
from jobs.states import JobState
from web.http.iso_time import IsoTime


class JobUrl(serializers.CharField):
    """Address of a job in the API, from its id."""

    def to_representation(self, value: Any) -> str:
        return reverse("job-detail", args=[value])


class JobSerializer(serializers.Serializer[Any]):
    """A long work, as every endpoint shows it."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=[str(state) for state in JobState])
    waiting_reason = serializers.CharField(allow_blank=True)
    title = serializers.CharField()
    priority = serializers.IntegerField()
    progress = serializers.DictField()
    error = serializers.DictField(allow_null=True)
    result = serializers.JSONField(help_text="Its result, by kind of job; null before it ends.")
    created_at = IsoTime()
    started_at = IsoTime(allow_null=True)
    finished_at = IsoTime(allow_null=True)
    request_id = serializers.CharField(
        allow_blank=True, help_text="The X-Request-ID of the request that launched it; its lines of the log bear it."
    )
    url = JobUrl(source="pk")


class HostSerializer(serializers.Serializer[Any]):
    """A host that workers run on, as its own workers found it."""

    id = serializers.CharField(source="host.pk")
    name = serializers.CharField(source="host.name")
    gpus = serializers.JSONField(source="host.gpus")
    cores = serializers.IntegerField(source="host.cores")
    memory_bytes = serializers.IntegerField(source="host.memory_bytes")
    disk_bytes = serializers.IntegerField(source="host.disk_bytes")
    disk_free_bytes = serializers.IntegerField(source="host.disk_free_bytes")
    versions = serializers.JSONField(source="host.versions")
    problem = serializers.CharField(source="host.problem", allow_blank=True)
    is_draining = serializers.BooleanField(source="host.is_draining")
    is_present = serializers.BooleanField()
    seen_at = IsoTime(source="host.seen_at")


def event_json(event: JobEvent) -> dict[str, Any]:
    """An event as streams carry it."""
    return {
        "job": str(event.job_id),
        "seq": event.seq,
        "kind": event.kind,
        "ts": event.ts.isoformat(),
        "payload": event.payload,
    }


def halt_json(halt: Halt | None) -> dict[str, Any]:
    return {
        "halted": halt is not None,
        "since": halt.since if halt else None,
        "by": halt.by.name if halt and halt.by else "",
        "reason": halt.reason if halt else "",
    }
