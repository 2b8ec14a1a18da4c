"""API of the miniature card."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from serving.cards.card import card_of
from serving.cards.serializers import MiniatureCardOut
from training.miniatures import queries


class CardView(APIView):
    """The card of a miniature: lineage, data, recipe, environment, scores, costs, break-even, limits, licences."""

    @extend_schema(responses=MiniatureCardOut)
    def get(self, request: Request, miniature_id: UUID) -> Response:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        return Response(card_of(miniature).as_json())
