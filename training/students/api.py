"""API of students: the base models there are, and registering others."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from training.students import downloading, registration, servable
from training.students import queries as student_selectors
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class StudentIn(serializers.Serializer[Any]):
    """A folder under STUDENT_ROOTS, or a hub id with its commit."""

    path = serializers.CharField(required=False, allow_blank=True, max_length=500)
    hub_id = serializers.CharField(required=False, allow_blank=True, max_length=200)
    revision = serializers.CharField(required=False, allow_blank=True, max_length=64)
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    licence = serializers.CharField(required=False, allow_blank=True, max_length=120)
    thinks = serializers.BooleanField(
        default=False, help_text="Let a student that can think do so before it answers; its thinking is never shown."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("path")) == bool(attrs.get("hub_id")):
            raise serializers.ValidationError({"path": "Name a student by exactly one of path and hub_id."})
        return attrs


class StudentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    source: Any = serializers.CharField()
    hub_id = serializers.CharField()
    revision = serializers.CharField()
    manifest_sha256 = serializers.CharField()
    licence = serializers.CharField()
    model_type = serializers.CharField()
    kind = serializers.SerializerMethodField(
        help_text="Decoder or encoder–decoder, according to the family; empty while unknown."
    )
    parameters = serializers.IntegerField(allow_null=True)
    context_length = serializers.IntegerField(allow_null=True)
    thinks = serializers.BooleanField()
    bytes = serializers.IntegerField()
    is_demo = serializers.BooleanField()
    known = serializers.SerializerMethodField(help_text="Of a student in common use: its facts, each with its source.")
    created_at = serializers.DateTimeField()

    def get_kind(self, student: Any) -> str:
        return servable.kind_name(student.model_type)

    def get_known(self, student: Any) -> list[str]:
        entry = student_selectors.known_student(student)
        return entry.facts if entry else []


class StudentDownloadIn(serializers.Serializer[Any]):
    """A model of a hub; without a commit the newest is pinned."""

    hub_id = serializers.CharField(max_length=200)
    revision = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")


class StudentDownloadOut(serializers.Serializer[Any]):
    """The job; the student is registered when it has ended."""

    job = serializers.UUIDField()


class DownloadsView(APIView):
    """Download a model of a hub and register it as a student."""

    scope_write = "admin"

    @extend_schema(request=StudentDownloadIn, responses={202: StudentDownloadOut})
    @idempotent
    def post(self, request: Request) -> Response:
        values = read_body(StudentDownloadIn, request)
        job = downloading.order(by=member_of(request), **values)
        return Response({"job": job.pk}, status=202)


class StudentsView(APIView):
    """Base models; an admin registers others."""

    scope_write = "admin"
    pagination_class = KeysetPagination

    @lists(StudentOut)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return student_selectors.all_students()

    @extend_schema(request=StudentIn, responses={201: StudentOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = read_body(StudentIn, request)
        common = {
            "by": member_of(request),
            "name": data.get("name", ""),
            "licence": data.get("licence", ""),
            "thinks": data["thinks"],
        }
        if data.get("hub_id"):
            made = registration.register_hub(hub_id=data["hub_id"], revision=data.get("revision", ""), **common)
        else:
            made = registration.register_folder(path=data["path"], **common)
        return Response(StudentOut(made).data, status=201)
