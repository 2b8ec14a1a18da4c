"""API of serving: how it stands, promoting a miniature and taking it back."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.idempotency import idempotent
from members.session import member_of
from serving.api import shapes
from serving.selectors import pages, standing
from serving.services import promotions
from training.selectors import miniatures


class Serving(APIView):
    """How serving stands, with the served miniatures the member may ask."""

    @extend_schema(responses=shapes.StandingOut)
    def get(self, request: Request) -> Response:
        return Response(shapes.StandingOut(pages.report(member_of(request))).data)


class Promote(APIView):
    """Serve a miniature under `/v1` and make it its task's current one; starts serving where none runs."""

    @extend_schema(request=None, responses={202: shapes.PromotedOut})
    @idempotent
    def post(self, request: Request, miniature_id: UUID) -> Response:
        miniature = miniatures.miniature_or_404(member_of(request), miniature_id)
        promotions.promote(miniature, by=member_of(request))
        job = standing.job()
        return Response({"id": str(miniature.pk), "job": str(job.pk) if job else None}, status=202)


class Demote(APIView):
    """Serve a miniature no longer. What it is writing it ends."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, miniature_id: UUID) -> Response:
        miniature = miniatures.miniature_or_404(member_of(request), miniature_id)
        promotions.demote(miniature, by=member_of(request))
        return Response(status=204)
