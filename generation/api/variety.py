"""API of how much an order's drafts differ, and what of them came to the desk."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.api.shapes_variety import DiversityOut
from generation.selectors import orders, variety
from members.session import member_of


class OrderDiversity(APIView):
    """How much the newest drafts of an order differ, counted when asked."""

    @extend_schema(responses=DiversityOut)
    def get(self, request: Request, order_id: UUID) -> Response:
        order = orders.get(member_of(request), order_id)
        outcome = variety.outcome(order)
        shown = {
            "repeats": outcome.repeats,
            "not_best": outcome.not_best,
            "chosen": outcome.chosen,
            "followers": [follower.pk for follower in outcome.followers],
            "measured": [one.as_json() for one in variety.measured(order)],
        }
        return Response(DiversityOut(shown).data)
