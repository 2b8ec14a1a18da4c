"""The API of jobs: read them, follow them, steer them. Thin: queries answer, `lifecycle` acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.kinds import registry
from jobs.lifecycle import control
from jobs.live import stream
from jobs.monitor import queries
from jobs.monitor.serializers import HostSerializer, JobSerializer, halt_json
from jobs.scheduling import halt, hosts
from jobs.states import JobState
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.lists import ListQuery, Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class JobQuery(ListQuery):
    state = serializers.CharField(
        required=False, help_text=f"Several by comma, of {', '.join(str(state) for state in JobState)}."
    )
    kind = serializers.CharField(required=False)
    task = serializers.CharField(required=False, help_text="Slug of a task.")
    request = serializers.CharField(
        required=False, max_length=64, help_text="The X-Request-ID of the request that launched it."
    )

    def validate_state(self, value: str) -> str:
        states = [str(state) for state in JobState]
        words = [word for word in value.split(",") if word] or [value]
        if unknown := [word for word in words if word not in states]:
            raise serializers.ValidationError(f"Found {unknown[0][:80]!r}; expected some of {', '.join(states)}.")
        return value

    def validate_kind(self, value: str) -> str:
        if value not in (kinds := sorted(registry.KINDS)):
            raise serializers.ValidationError(f"Found {value[:80]!r}; expected one of {', '.join(kinds)}.")
        return value


class JobListView(APIView):
    """Jobs you can see, newest first."""

    scope_read = "read"
    pagination_class = KeysetPagination

    @lists(JobSerializer, JobQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return queries.filtered(queries.visible(member_of(request)), query)


class JobView(APIView):
    """One job."""

    scope_read = "read"

    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        return Response(JobSerializer(queries.get(member_of(request), job_id)).data)


class JobEventsView(APIView):
    """A job's events as server-sent events; `Last-Event-ID` replays exactly what was missed."""

    scope_read = "read"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        # Refusals stay JSON although a client that follows a stream accepts text/event-stream alone.
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        parameters=[
            OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER),
            OpenApiParameter("after", int, description="The same, for a client that cannot set headers."),
        ],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    def get(self, request: Request, job_id: UUID) -> StreamingHttpResponse:
        member = member_of(request)
        job = queries.get(member, job_id)
        seq = stream.last_event_id(request.headers, request.query_params)
        events = stream.stream_job(job.pk, seq, registry.withheld_names(member, [job.pk]))
        return stream.response(events, request=request._request, viewer=member.pk)


class PauseJobView(APIView):
    """Save and stop until resumed."""

    scope_write = "lead"

    @extend_schema(request=None, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, job_id: UUID) -> Response:
        member = member_of(request)
        return Response(JobSerializer(control.pause(queries.get(member, job_id), by=member)).data)


class ResumeJobView(APIView):
    """Go on with a paused or failed job."""

    scope_write = "lead"

    @extend_schema(request=None, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, job_id: UUID) -> Response:
        member = member_of(request)
        return Response(JobSerializer(control.resume(queries.get(member, job_id), by=member)).data)


class CancelJobView(APIView):
    """End a job for good; what it has produced stays."""

    scope_write = "lead"

    @extend_schema(request=None, responses=JobSerializer)
    @idempotent
    def post(self, request: Request, job_id: UUID) -> Response:
        member = member_of(request)
        return Response(JobSerializer(control.cancel(queries.get(member, job_id), by=member)).data)


class PrioritySerializer(serializers.Serializer[Any]):
    """Before or behind other jobs of its kind."""

    priority = serializers.ChoiceField(choices=list(control.PRIORITIES))


class JobPriorityView(APIView):
    """Put a job before or behind others of its kind; only an admin puts it before those of other teams."""

    scope_write = "lead"

    @extend_schema(request=PrioritySerializer, responses=JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        job = queries.get(member_of(request), job_id)
        priority = read_body(PrioritySerializer, request)["priority"]
        return Response(JobSerializer(control.prioritise(job, by=member_of(request), priority=priority)).data)


class HostListView(APIView):
    """Hosts that workers run on."""

    scope_read = "read"

    @lists(HostSerializer)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return queries.host_rows(member_of(request), present=hosts.present_ids())


class HaltRequest(serializers.Serializer[Any]):
    """Stop everything that leaves the installation, or let it go on."""

    halted = serializers.BooleanField(help_text="True stops, false resumes.")
    reason = serializers.CharField(required=False, allow_blank=True, default="", help_text="Why; members see it.")


class HaltOut(serializers.Serializer[Any]):
    """State of the halt of outgoing traffic; its time, member and reason while it is on."""

    halted = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(allow_blank=True, help_text="A member's name; empty for the command line.")
    reason = serializers.CharField(allow_blank=True)


class HaltView(APIView):
    scope_read = "read"
    scope_write = "admin"

    @extend_schema(operation_id="halt_read", responses=HaltOut)
    def get(self, request: Request) -> Response:
        """Return whether all outgoing traffic is stopped."""
        member_of(request)
        return Response(halt_json(halt.current_halt()))

    @extend_schema(operation_id="halt_set", request=HaltRequest, responses=HaltOut)
    def post(self, request: Request) -> Response:
        """Stop, or resume; doing so twice changes nothing. For admins."""
        halt.require_admin(member_of(request))
        order = read_body(HaltRequest, request)
        if order["halted"]:
            halt.halt(by=member_of(request), reason=order["reason"])
        else:
            halt.resume(by=member_of(request))
        return Response(halt_json(halt.current_halt()))
