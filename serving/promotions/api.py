"""API of serving: how it stands, promoting a miniature and taking it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from serving.promotions import panels, promotion
from serving.runtime import status
from serving.states import LONGEST_REASON, ServingState
from training.miniatures import queries
from web.http.problem_shape import problems
from web.http.read_body import read_body


class FiguresOut(serializers.Serializer[Any]):
    """Usage of a miniature so far."""

    requests = serializers.IntegerField()
    errors: Any = serializers.IntegerField()  # DRF's own attribute of that name is for forms
    cancelled = serializers.IntegerField()
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    seconds = serializers.FloatField()


class ServedOut(serializers.Serializer[Any]):
    """One served miniature."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    task = serializers.CharField()
    is_current = serializers.BooleanField()
    since = serializers.DateTimeField()
    loaded = serializers.BooleanField()
    server = serializers.CharField(help_text="own, llama, vllm or url; empty while it is not known.", allow_blank=True)
    usage = FiguresOut()


class StandingOut(serializers.Serializer[Any]):
    """Status of serving, and the served miniatures of the tasks the member may ask."""

    state = serializers.ChoiceField(choices=ServingState.choices)
    job = serializers.UUIDField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    restarts = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)
    running = serializers.IntegerField()
    waiting = serializers.IntegerField()
    results = ServedOut(many=True)


class PromotedOut(serializers.Serializer[Any]):
    """202: the miniature and the job that serves."""

    id = serializers.UUIDField()
    job = serializers.UUIDField()


class PromoteIn(serializers.Serializer[Any]):
    override_reason = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST_REASON,
        help_text="Reason to promote it although it fails its task's gate or is no better than a copy of the most "
        "similar approved text; without a reason this is refused (409).",
    )


class ServingView(APIView):
    """Status of serving, with the served miniatures the member may ask."""

    @extend_schema(responses={200: StandingOut, **problems(400)})
    def get(self, request: Request) -> Response:
        return Response(StandingOut(panels.report(member_of(request))).data)


class PromoteView(APIView):
    """Serve a miniature under `/v1` and make it its task's current one; starts serving where none runs."""

    @extend_schema(request=PromoteIn, responses={202: PromotedOut})
    @idempotent
    def post(self, request: Request, miniature_id: UUID) -> Response:
        body = read_body(PromoteIn, request)
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        promotion.promote(miniature, by=member_of(request), override_reason=body["override_reason"])
        job = status.current_job()
        return Response({"id": str(miniature.pk), "job": str(job.pk) if job else None}, status=202)


class DemoteView(APIView):
    """Serve a miniature no longer. What it is writing it ends."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, miniature_id: UUID) -> Response:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        promotion.demote(miniature, by=member_of(request))
        return Response(status=204)
