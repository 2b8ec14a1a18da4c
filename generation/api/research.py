"""API of web research: order it, read how far it is, and the pages stored of a record."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.api.shapes_research import ResearchIn, ResearchOut, WebPageOut
from generation.selectors import research as selectors
from generation.services.research import orders
from generation.services.research.orders import Wishes
from members.idempotency import idempotent
from members.session import member_of
from review.permissions import require, task_or_404
from review.selectors import sources
from review.states import Role


class ResearchOrders(APIView):
    """Orders of one task to read companies' sites."""

    @extend_schema(operation_id="research_orders", responses=ResearchOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        member, task = member_of(request), task_or_404(member_of(request), slug)
        found = ResearchOut(selectors.of_task(member, task), many=True).data
        return Response({"next": None, "previous": None, "results": found})

    @extend_schema(operation_id="research_create", request=ResearchIn, responses={202: ResearchOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Have sites read; records are made of their pages when all is done."""
        member, task = member_of(request), task_or_404(member_of(request), slug)
        require(member, task, Role.LEAD)
        body = ResearchIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        source = sources.source_or_404(member, said["source"]) if said["source"] else None
        made = orders.launch(
            task, by=member, source=source, sites=[(one["name"], one["url"]) for one in said["sites"]], name=said["name"],
            wishes=Wishes(said["pages_per_site"], said["chars_per_page"], said["searches"], said["facts"]),
        )  # fmt: skip
        return Response(ResearchOut(made).data, status=202)


class ResearchOrder(APIView):
    """One order."""

    @extend_schema(operation_id="research_order", responses=ResearchOut)
    def get(self, request: Request, research_id: UUID) -> Response:
        return Response(ResearchOut(selectors.get(member_of(request), research_id)).data)


class RecordPages(APIView):
    """Pages stored of a record, with hash and date; those that were refused say why."""

    @extend_schema(operation_id="record_pages", responses=WebPageOut(many=True))
    def get(self, request: Request, record_id: UUID) -> Response:
        _, pages = selectors.pages_of(member_of(request), record_id)
        return Response({"next": None, "previous": None, "results": WebPageOut(pages, many=True).data})
