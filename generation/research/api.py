"""API of web research: order it, read how far it is, and the pages stored of a record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.research import launch
from generation.research import queries as selectors
from generation.research.launch import MOST_PAGES, MOST_SITES, ResearchRequest
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.sources import queries
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination, WholeList
from web.http.read_body import read_body


class SiteIn(serializers.Serializer[Any]):
    """One company; either may be left out."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    url = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ResearchIn(serializers.Serializer[Any]):
    """Sites, or a source whose records name them; not both."""

    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    source: Any = serializers.UUIDField(required=False, allow_null=True, default=None)
    sites = serializers.ListField(child=SiteIn(), required=False, default=list, max_length=MOST_SITES)
    facts = serializers.DictField(
        child=serializers.CharField(max_length=2000), required=False, default=dict, help_text="Values for all records"
    )
    pages_per_site = serializers.IntegerField(min_value=1, max_value=MOST_PAGES, default=3)
    chars_per_page = serializers.IntegerField(min_value=200, max_value=20_000, default=6000)
    searches = serializers.BooleanField(default=False)


class ResearchOut(serializers.Serializer[Any]):
    """One order."""

    id = serializers.UUIDField()
    task = serializers.SlugField(source="task.slug")
    name = serializers.CharField()
    job = serializers.UUIDField(source="job_id", allow_null=True)
    state = serializers.CharField(source="job.state", default="")
    source: Any = serializers.UUIDField(source="source_id", allow_null=True)
    made_source = serializers.UUIDField(source="made_source_id", allow_null=True)
    rows_added = serializers.IntegerField()
    rows_known = serializers.IntegerField()
    problem = serializers.CharField()
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, research: Any) -> str:
        return reverse("generation:research", args=[research.pk])


class WebPageOut(serializers.Serializer[Any]):
    """One stored page, or why it was refused."""

    url = serializers.CharField()
    final_url = serializers.CharField()
    way = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    fetched_at = serializers.DateTimeField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    refused_code = serializers.CharField()
    refused_why = serializers.CharField()


class ResearchListView(APIView):
    """Orders of one task to read companies' sites."""

    pagination_class = KeysetPagination

    @lists(ResearchOut, operation_id="research_orders")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        return selectors.of_task(member, task_or_404(member, slug))

    @extend_schema(operation_id="research_create", request=ResearchIn, responses={202: ResearchOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Have sites read; records are made of their pages when all is done."""
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        data = read_body(ResearchIn, request)
        source = queries.source_or_404(member, data["source"]) if data["source"] else None
        research = launch.launch(
            task,
            by=member,
            source=source,
            sites=[(site["name"], site["url"]) for site in data["sites"]],
            name=data["name"],
            request=ResearchRequest(data["pages_per_site"], data["chars_per_page"], data["searches"], data["facts"]),
        )
        return Response(ResearchOut(research).data, status=202)


class ResearchView(APIView):
    """One order."""

    @extend_schema(operation_id="research_order", responses=ResearchOut)
    def get(self, request: Request, research_id: UUID) -> Response:
        return Response(ResearchOut(selectors.get(member_of(request), research_id)).data)


class RecordPagesView(APIView):
    """Pages stored of a record, with hash and date; those that were refused say why."""

    pagination_class = WholeList

    @lists(WebPageOut, operation_id="record_pages")
    def get(self, request: Request, query: dict[str, Any], record_id: UUID) -> Rows:
        _, pages = selectors.pages_of(member_of(request), record_id)
        return pages
