"""API of miniatures: the registry, the adapter, and writing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.states import JobState
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.drafts.serializers import MailFiguresOut
from review.tasks.permissions import task_or_404
from training.miniatures import cost, lineage, serializers, writing, zip_stream
from training.miniatures import queries as selectors
from web.errors import Refusal
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body

WAIT_S = 60


class MiniaturesView(APIView):
    """Tuned students, newest first; those made to answer a study are found by their id alone."""

    pagination_class = KeysetPagination

    @lists(serializers.MiniatureOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return selectors.listed(member, task=task_or_404(member, query["task"]) if "task" in query else None)


class MiniatureDetailView(APIView):
    """One miniature with its files, its whole lineage and what it cost."""

    @extend_schema(responses=serializers.MiniatureDetailOut)
    def get(self, request: Request, miniature_id: UUID) -> Response:
        miniature = selectors.miniature_or_404(member_of(request), miniature_id)
        body = dict(serializers.MiniatureOut(miniature).data)
        costs_json = cost.miniature_costs(miniature).as_json()
        body["mails"] = MailFiguresOut(selectors.mails_of(member_of(request), miniature), many=True).data
        return Response(
            {**body, "files": miniature.files, "lineage": lineage.miniature_lineage(miniature), **costs_json}
        )


class MiniatureArchiveView(APIView):
    """The adapter (or the weights of a full run) as a zip with its card, made while it is sent."""

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, miniature_id: UUID) -> HttpResponseBase:
        miniature = selectors.miniature_or_404(member_of(request), miniature_id)
        return zip_stream.answer(request, zip_stream.archive(miniature))


class MiniatureWriteView(APIView):
    """Have a miniature write for one record.

    Waits up to a minute and answers 200 with the fields; what takes longer answers 202 with its job, whose `result`
    holds the fields when it has ended. A repeated Idempotency-Key waits for the first text instead of a second.
    """

    scope_write = "review"

    @extend_schema(
        request=serializers.WriteIn, responses={200: serializers.WrittenOut, 202: serializers.WorkStartedOut}
    )
    def post(self, request: Request, miniature_id: UUID) -> Response:
        started = self._order(request, miniature_id)
        # Outside the transaction of the order: no worker can claim a job that is not committed.
        job = writing.wait_for(UUID(str(started.data["job"])), timeout_s=WAIT_S)
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
        values = read_body(serializers.WriteIn, request)
        job = writing.request_text(miniature, record=values["record"], by=member_of(request))
        return Response({"id": str(job.pk), "job": str(job.pk)}, status=202)
