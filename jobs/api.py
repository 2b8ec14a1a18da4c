"""The API of jobs: read them, follow them, steer them. Thin: asks selectors, calls services."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import selectors
from jobs.live import stream
from jobs.serialize import halt_json, host_json, job_json
from jobs.services import fairness, halting, hosts, lifecycle
from jobs.states import JobState
from members.idempotency import idempotent
from members.session import member_of

FILTERS = [
    OpenApiParameter("state", str, enum=[str(state) for state in JobState], description="Several by comma"),
    OpenApiParameter("kind", str),
    OpenApiParameter("task", str, description="A task's slug"),
]


class JobSerializer(serializers.Serializer[Any]):
    """A long work, as every endpoint shows it."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=[str(state) for state in JobState])
    waiting_reason = serializers.CharField(allow_blank=True)
    title = serializers.CharField()
    priority = serializers.IntegerField()
    progress = serializers.JSONField()
    error = serializers.JSONField(allow_null=True)
    result = serializers.JSONField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return job_json(instance)


class JobList(generics.ListAPIView[Any]):
    """Jobs you can see, newest first."""

    serializer_class = JobSerializer
    scope_read = "read"

    def get_queryset(self) -> Any:
        jobs = selectors.visible(member_of(self.request))
        return selectors.filtered(jobs, self.request.query_params)

    @extend_schema(parameters=FILTERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class JobDetail(APIView):
    """One job."""

    scope_read = "read"

    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        return Response(job_json(selectors.get(member_of(request), job_id)))


class JobEvents(APIView):
    """A job's events as server-sent events; `Last-Event-ID` replays exactly what was missed."""

    scope_read = "read"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        # Refusals stay JSON although a client that follows a stream accepts text/event-stream alone.
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        parameters=[OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER)],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    def get(self, request: Request, job_id: UUID) -> StreamingHttpResponse:
        job = selectors.get(member_of(request), job_id)
        events = stream.one(job.pk, stream.last_event_id(request.headers, request.query_params))
        return stream.response(events, request=request._request)


class JobPause(APIView):
    """Save and stop until resumed."""

    scope_write = "lead"

    @extend_schema(request=None, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, job_id: UUID) -> Response:
        return Response(job_json(lifecycle.pause(selectors.get(member_of(request), job_id), by=member_of(request))))


class JobResume(APIView):
    """Go on with a paused or failed job."""

    scope_write = "lead"

    @extend_schema(request=None, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, job_id: UUID) -> Response:
        return Response(job_json(lifecycle.resume(selectors.get(member_of(request), job_id), by=member_of(request))))


class JobCancel(APIView):
    """End a job for good; what it has produced stays."""

    scope_write = "lead"

    @extend_schema(request=None, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, job_id: UUID) -> Response:
        return Response(job_json(lifecycle.cancel(selectors.get(member_of(request), job_id), by=member_of(request))))


class PrioritySerializer(serializers.Serializer[Any]):
    """Before or behind other jobs of its kind."""

    priority = serializers.ChoiceField(choices=list(fairness.PRIORITIES))


class JobPriority(APIView):
    """Put a job before or behind others of its kind; only an admin puts it before those of other teams."""

    scope_write = "lead"

    @extend_schema(request=PrioritySerializer, responses=JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        job = selectors.get(member_of(request), job_id)
        said = request.data if isinstance(request.data, dict) else {}
        wanted = str(said.get("priority", ""))
        return Response(job_json(fairness.prioritise(job, by=member_of(request), priority=wanted)))


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


class Hosts(APIView):
    """Hosts that workers run on."""

    scope_read = "read"

    @extend_schema(responses=HostSerializer(many=True))
    def get(self, request: Request) -> Response:
        present = set(hosts.present().values_list("pk", flat=True))
        lines = selectors.host_lines(member_of(request))
        return Response([host_json(line.host, is_present=line.host.pk in present) for line in lines])


class HaltOrder(serializers.Serializer[Any]):
    """Stop everything that leaves the installation, or let it go on."""

    halted = serializers.BooleanField(help_text="True stops, false resumes.")
    reason = serializers.CharField(required=False, allow_blank=True, default="", help_text="Why; members see it.")


class HaltOut(serializers.Serializer[Any]):
    """Whether everything that leaves is stopped; since when, by whom and why, while it is."""

    halted = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(allow_blank=True, help_text="A member's name; empty for the command line.")
    reason = serializers.CharField(allow_blank=True)


class Halts(APIView):
    """The switch that stops mails, paid calls, pushes to hubs and webhooks, all at once."""

    scope_read = "read"
    scope_write = "admin"

    @extend_schema(operation_id="halt_read", responses=HaltOut)
    def get(self, request: Request) -> Response:
        """Whether everything that leaves is stopped."""
        member_of(request)
        return Response(halt_json(halting.standing()))

    @extend_schema(operation_id="halt_set", request=HaltOrder, responses=HaltOut)
    def post(self, request: Request) -> Response:
        """Stop, or resume; doing so twice changes nothing. For admins."""
        halting.require_admin(member_of(request))
        order = HaltOrder(data=request.data)
        order.is_valid(raise_exception=True)
        if order.validated_data["halted"]:
            halting.halt(by=member_of(request), reason=order.validated_data["reason"])
        else:
            halting.resume(by=member_of(request))
        return Response(halt_json(halting.standing()))
