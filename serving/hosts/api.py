"""API of replicas: how each stands, serving on one more host, and draining."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from serving.hosts import panel
from serving.runtime import scaling
from serving.states import ServingState
from web.http.lists import Rows, lists
from web.http.problem_shape import problems
from web.http.read_body import read_body


class ReplicaOut(serializers.Serializer[Any]):
    """An engine that serves, on one host."""

    id = serializers.IntegerField(source="status.replica.pk")
    host = serializers.CharField(
        source="host_id", allow_blank=True, help_text="Id of its host; empty while no host has taken it."
    )
    host_name = serializers.CharField(source="host", allow_blank=True)
    state = serializers.ChoiceField(choices=ServingState.choices, source="status.state")
    is_draining = serializers.BooleanField(source="status.is_draining")
    reason = serializers.CharField(source="status.reason", allow_blank=True)
    models = serializers.ListField(
        child=serializers.CharField(), help_text="Short names of the miniatures in its memory that you may ask."
    )
    others = serializers.IntegerField(help_text="How many more it has in memory.")
    in_flight = serializers.IntegerField(
        allow_null=True, help_text="Requests in progress, waiting ones included; null while its engine does not answer."
    )


class ReplicaIn(serializers.Serializer[Any]):
    host = serializers.CharField(max_length=64, help_text="Id of a host with a worker that serves.")


class ReplicaStartedOut(serializers.Serializer[Any]):
    """202: the replica and the job that runs it."""

    id = serializers.IntegerField()
    job = serializers.UUIDField(source="job_id")


class ReplicasView(APIView):
    """Engines that serve, one a host."""

    @lists(ReplicaOut)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return panel.replica_rows(member_of(request))

    @extend_schema(operation_id="replica_start", request=ReplicaIn, responses={202: ReplicaStartedOut, **problems(409)})
    @idempotent
    def post(self, request: Request) -> Response:
        """Serve on a host too; a replica that is being drained there accepts requests again. Twice is once."""
        body = read_body(ReplicaIn, request)
        return Response(ReplicaStartedOut(scaling.serve_on(body["host"], by=member_of(request))).data, status=202)


class ReplicaDrainView(APIView):
    scope_write = "admin"

    @extend_schema(operation_id="replica_drain", request=None, responses={204: None})
    def post(self, request: Request, replica_id: int) -> Response:
        """Send a replica no new requests, and end it once it has answered those it has. For admins."""
        scaling.drain(panel.replica_or_404(replica_id), by=member_of(request))
        return Response(status=204)
