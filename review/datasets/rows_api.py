"""API of frozen files: streamed whole or in part, encoded as the client likes, or row by row."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import downloads, trail
from members.session import member_of
from review.datasets import exports, files, queries
from review.states import Split
from web.http import conditions, content_encoding
from web.http.byte_range import byte_range
from web.http.lists import ListQuery, one_of
from web.http.no_store import ASK_AGAIN
from web.http.problem_shape import problems

CONTENT_TYPES = {"jsonl": "application/x-ndjson; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
WHICH = [
    OpenApiParameter("split", str, enum=["train", "validation", "test"], description="Default: train."),
    OpenApiParameter("format", str, enum=list(exports.FORMATS), description="Default: sft."),
]


class RowsFileView(APIView):
    scope_read = "datasets"
    rate = "files"
    container = "jsonl"

    def get(self, request: Request, version_id: UUID) -> HttpResponseBase:
        """Stream the file.

        The `ETag` is the sha256 of the bytes stored, and `Range` resumes them. Where `Accept-Encoding` asks for it,
        JSONL is compressed on its way, under a weak tag of its own and without ranges.
        """
        version = queries.version_or_404(member_of(request), version_id)
        file = files.file_or_404(version, *_which(request), self.container)
        etag = f'"{file.sha256}"'
        wanted_range = request.headers.get("Range") if request.headers.get("If-Range", etag) == etag else None
        # Whoever names bytes gets these, not others that they are packed into.
        encoding = "" if wanted_range or "If-Match" in request.headers else self._encoding(request)
        tag = f'W/"{file.sha256}-{encoding}"' if encoding else etag
        headers = {"ETag": tag, "Vary": "Accept-Encoding, Authorization, Cookie", **ASK_AGAIN}
        if early := conditions.early_answer(request, headers):
            return early
        part = byte_range(wanted_range, file.bytes)
        name = f"{version.dataset.slug}-v{version.number}.{file.split}.{file.format}.{file.container}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        if encoding:
            headers["Content-Encoding"] = encoding
        else:
            headers |= {"Accept-Ranges": "bytes", "Content-Length": str(part.length)}
        if part.is_partial:
            headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{file.bytes}"
        what = {"split": file.split, "format": file.format, "container": file.container}
        # Once for a file, however often its download is resumed; what nobody began is no resumption.
        # HEAD takes no file.
        is_resumed = part.start and trail.is_recorded(
            "dataset_downloaded", by=member_of(request), about=version, **what
        )
        if request.method != "HEAD" and not is_resumed:
            trail.record("dataset_downloaded", by=member_of(request), about=version, **what)
        blocks = files.blocks(file.path, part.start, part.length)
        response = StreamingHttpResponse(
            content_encoding.encoded(blocks, encoding) if encoding else blocks,
            status=206 if part.is_partial else 200,
            content_type=CONTENT_TYPES[self.container],
            headers=headers,
        )
        # Told above, with what it is.
        return downloads.mark_told(response)

    def _encoding(self, request: Request) -> str:
        # Parquet is compressed inside.
        return content_encoding.negotiate(request.headers.get("Accept-Encoding")) if self.container == "jsonl" else ""


class RowsJsonlView(RowsFileView):
    @extend_schema(
        operation_id="dataset_version_rows_jsonl",
        parameters=WHICH,
        responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, version_id: UUID) -> HttpResponseBase:
        return super().get(request, version_id)


class RowsParquetView(RowsFileView):
    container = "parquet"

    @extend_schema(
        operation_id="dataset_version_rows_parquet",
        parameters=WHICH,
        responses={(200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, version_id: UUID) -> HttpResponseBase:
        return super().get(request, version_id)


class RowsQuery(ListQuery):
    split = one_of(Split.values, default="train", help_text="Default: train.")
    format = one_of(exports.FORMATS, default="sft", help_text="Default: sft.")
    cursor = serializers.CharField(default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=500, default=50)


class RowsPageOut(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.JSONField())


class RowsView(APIView):
    scope_read = "datasets"

    @extend_schema(
        operation_id="dataset_version_rows",
        parameters=[RowsQuery],
        responses={200: RowsPageOut, **problems(400)},
    )
    def get(self, request: Request, version_id: UUID) -> Response:
        """A page; `next` is the address of the one after it, and null after the last."""
        version = queries.version_or_404(member_of(request), version_id)
        query = RowsQuery.read(request)
        file = files.file_or_404(version, query["split"], query["format"])
        page = files.page(file, cursor=query["cursor"], limit=query["limit"])
        following = {**query, "cursor": page.next}
        address = request.build_absolute_uri(f"{request.path}?{urlencode(following)}") if page.next else None
        return Response({"next": address, "results": page.rows})


class RawSchemaView(APIView):
    """JSON Schema of a row in the format `raw`."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(exports.RAW_SCHEMA)


def _which(request: Request) -> tuple[str, str]:
    return request.query_params.get("split", "train"), request.query_params.get("format", "sft")
