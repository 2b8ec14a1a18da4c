"""The API of operations, for admins: the same reading as the page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.browse.queries import require_admin
from jobs.monitor.serializers import HostSerializer
from miniatures_site.operations import readings
from miniatures_site.operations.troubles import troubles


class TroubleOut(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=["failed", "look"])
    message = serializers.CharField()
    hint = serializers.CharField(allow_blank=True)
    alert = serializers.CharField(
        allow_null=True, help_text="Its section in docs/runbook.md; null if no one is notified."
    )


class QueueOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    waiting = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True, help_text="Since when the first of them waits.")
    reason = serializers.CharField(allow_blank=True, help_text="Why that one waits.")
    running = serializers.IntegerField()
    workers = serializers.IntegerField()


class BackupTrialOut(serializers.Serializer[Any]):
    file_name = serializers.CharField()
    bytes = serializers.IntegerField()
    made_at = serializers.DateTimeField(allow_null=True)
    tried_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(allow_blank=True)


class VolumeOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    free_bytes = serializers.IntegerField()
    total_bytes = serializers.IntegerField()


class JobLineOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk")
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    worker = serializers.CharField(allow_blank=True)
    error = serializers.DictField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class FailedKindOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    may_repeat_costs = serializers.BooleanField(help_text="Whether another try may pay or send a second time.")
    jobs = JobLineOut(many=True)


class OutboxOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    oldest = serializers.DateTimeField(allow_null=True, help_text="Since when the first of what waits to leave is due.")


class OperationsOut(serializers.Serializer[Any]):
    """State of the installation."""

    at = serializers.DateTimeField()
    troubles = TroubleOut(many=True)
    hosts = HostSerializer(many=True)
    queues = QueueOut(many=True)
    beat = serializers.DateTimeField(allow_null=True, help_text="Its last tick.")
    verified = BackupTrialOut(allow_null=True, help_text="The newest backup that came back in a trial restore.")
    last_trial = BackupTrialOut(allow_null=True)
    volumes = VolumeOut(many=True)
    versions = serializers.DictField(child=serializers.CharField(allow_blank=True))
    missing_migrations = serializers.ListField(child=serializers.CharField())
    failed = FailedKindOut(many=True, help_text="Jobs that failed within 7 days, at most 50.")
    stuck = JobLineOut(many=True, help_text="Jobs held by workers that stopped answering.")
    outboxes = OutboxOut(many=True)


class OperationsView(APIView):
    scope_read = "admin"

    @extend_schema(operation_id="operations_read", responses=OperationsOut)
    def get(self, request: Request) -> Response:
        """Read hosts, queues, the beat, backups, disks, versions, failed jobs and what is wrong."""
        require_admin(request.user)
        reading = readings.read()
        return Response(OperationsOut({**vars(reading), "troubles": troubles(reading)}).data)
