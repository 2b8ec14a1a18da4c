"""The shape of a job and of an event outside the database: API answers, live events, other rooms' answers."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from jobs.models import Halt, Host, Job, JobEvent
from jobs.states import JobState


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
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    request_id = serializers.CharField(
        allow_blank=True, help_text="The X-Request-ID of the request that launched it; its lines of the log bear it."
    )
    url = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return job_json(instance)


class HostSerializer(serializers.Serializer[Any]):
    """A host that workers run on, as its own workers found it."""

    id = serializers.CharField()
    name = serializers.CharField()
    gpus = serializers.JSONField()
    cores = serializers.IntegerField()
    memory_bytes = serializers.IntegerField()
    disk_bytes = serializers.IntegerField()
    disk_free_bytes = serializers.IntegerField()
    versions = serializers.JSONField()
    problem = serializers.CharField(allow_blank=True)
    is_draining = serializers.BooleanField()
    is_present = serializers.BooleanField()
    seen_at = serializers.DateTimeField()


def job_json(job: Job) -> dict[str, Any]:
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "state": str(job.state),
        "waiting_reason": job.waiting_reason,
        "title": job.title,
        "priority": job.priority,
        "progress": job.progress,
        "error": job.error,
        "result": job.result,
        "created_at": job.created_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "request_id": job.request_id,
        "url": reverse("job-detail", args=[job.pk]),
    }


def event_json(event: JobEvent) -> dict[str, Any]:
    """An event as streams carry it."""
    return {
        "job": str(event.job_id),
        "seq": event.seq,
        "kind": event.kind,
        "ts": event.ts.isoformat(),
        "payload": event.payload,
    }


def host_json(host: Host, *, is_present: bool) -> dict[str, Any]:
    return {
        "id": host.pk,
        "name": host.name,
        "gpus": host.gpus,
        "cores": host.cores,
        "memory_bytes": host.memory_bytes,
        "disk_bytes": host.disk_bytes,
        "disk_free_bytes": host.disk_free_bytes,
        "versions": host.versions,
        "problem": host.problem,
        "is_draining": host.is_draining,
        "is_present": is_present,
        "seen_at": host.seen_at.isoformat(),
    }


def halt_json(halt: Halt | None) -> dict[str, Any]:
    return {
        "halted": halt is not None,
        "since": halt.since if halt else None,
        "by": halt.by.name if halt and halt.by else "",
        "reason": halt.reason if halt else "",
    }
