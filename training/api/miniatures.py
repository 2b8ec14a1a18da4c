"""API of miniatures: the registry, the adapter, and writing."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.states import JobState
from members.idempotency import idempotent
from members.session import member_of
from review.permissions import task_or_404
from training.api import shapes
from training.selectors import cost, lineage
from training.selectors import miniatures as selectors
from training.services import archives, writing
from web.errors import Refusal
from web.pagination import KeysetPagination

WAIT_S = 60


class Miniatures(APIView):
    """Tuned students, newest first; those made to answer a study are found by their id alone."""

    @extend_schema(parameters=[OpenApiParameter("task", str)], responses=shapes.MiniatureOut(many=True))
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("task")
        task = task_or_404(member_of(request), slug) if slug else None
        pager = KeysetPagination()
        page = pager.paginate_queryset(selectors.listed(member_of(request), task=task), request, view=self)
        return pager.get_paginated_response(shapes.MiniatureOut(page, many=True).data)


class MiniatureDetail(APIView):
    """One miniature with its files, its whole lineage and what it cost."""

    @extend_schema(responses=shapes.MiniatureDetailOut)
    def get(self, request: Request, miniature_id: UUID) -> Response:
        miniature = selectors.miniature_or_404(member_of(request), miniature_id)
        body = dict(shapes.MiniatureOut(miniature).data)
        costs = cost.of_miniature(miniature)
        told = {"cost": costs.own.as_json(), "cost_with_starts": costs.with_starts.as_json()}
        return Response({**body, "files": miniature.files, "lineage": lineage.of_miniature(miniature), **told})


class Archive(APIView):
    """The adapter (or the weights of a full run) as a zip with its card, made while it is sent."""

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, miniature_id: UUID) -> HttpResponseBase:
        miniature = selectors.miniature_or_404(member_of(request), miniature_id)
        etag = f'"{miniature.manifest_sha256}"'
        if etag in request.headers.get("If-None-Match", ""):
            return HttpResponse(status=304, headers={"ETag": etag})
        response = StreamingHttpResponse(archives.blocks(miniature), content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{miniature.slug}.zip"'
        response["ETag"] = etag
        return response


class Write(APIView):
    """Have a miniature write for one record.

    Waits up to a minute and answers 200 with the fields; what takes longer answers 202 with its job, whose `result`
    holds the fields when it has ended. A repeated Idempotency-Key waits for the first text instead of a second.
    """

    scope_write = "review"

    @extend_schema(request=shapes.WriteIn, responses={200: shapes.WrittenOut, 202: shapes.WorkStartedOut})
    def post(self, request: Request, miniature_id: UUID) -> Response:
        started = self._order(request, miniature_id)
        # Outside the transaction of the order: nobody could begin a job that is not committed.
        job = writing.wait(UUID(str(started.data["job"])), timeout_s=WAIT_S)
        if job.state in (JobState.FAILED, JobState.CANCELLED):
            error = job.error or {}
            raise Refusal(
                error.get("code", "not_written"),
                error.get("message", f"The writing was {job.state}."),
                hint=error.get("hint", ""),
            )
        output = writing.first_output(job)
        if output is None:
            return Response({"id": job.pk, "job": job.pk}, status=202)
        if output["fields"] is None:
            raise Refusal(
                "no_fields", output["error"], hint="Train the miniature further.", state={"text": output["text"]}
            )
        written = {"fields": output["fields"], "marks": output["marks"], "seconds": output["seconds"], "job": job.pk}
        return Response(written)

    @idempotent
    def _order(self, request: Request, miniature_id: UUID) -> Response:
        miniature = selectors.miniature_or_404(member_of(request), miniature_id)
        body = shapes.WriteIn(data=request.data)
        body.is_valid(raise_exception=True)
        job = writing.order(miniature, record=body.validated_data["record"], by=member_of(request))
        return Response({"id": str(job.pk), "job": str(job.pk)}, status=202)
