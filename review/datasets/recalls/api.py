"""API of recalls: a preview, the act it names, its undo. Endpoints call services and shape their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.datasets.recalls import preview, queries, recall
from review.datasets.recalls.preview import Criteria
from review.states import RecallReturn, Role
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from review.models import Recall


class CriteriaIn(serializers.Serializer[Any]):
    """Criteria of a recall; a draft must meet all. With a reviewer, the period is of the verdict, else of the draft."""

    order = serializers.UUIDField(required=False)
    teacher = serializers.CharField(required=False, max_length=120)
    reviewer = serializers.CharField(required=False, max_length=150)
    rule = serializers.UUIDField(
        required=False, help_text="Accepted by a judge under this rule and not judged by a person"
    )
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    zone = serializers.CharField(
        required=False, max_length=64, help_text="Time zone in which days are meant, such as Europe/Vienna; else UTC."
    )


class RecallIn(CriteriaIn):
    id = serializers.UUIDField()
    reason = serializers.CharField(max_length=500)
    tag = serializers.CharField(required=False, max_length=64, help_text="The preview's.")


class RecallUndoIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=RecallReturn.choices, default=RecallReturn.AS_BEFORE.value)


class RecallUndoOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    by = serializers.CharField(source="by.username")
    count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class RecallOut(serializers.Serializer[Any]):
    """One act; `undo` is null while it stands."""

    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    by = serializers.CharField(source="by.username")
    criteria = serializers.DictField(child=serializers.CharField())
    reason = serializers.CharField()
    count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    undo = serializers.SerializerMethodField()

    @extend_schema_field(RecallUndoOut(allow_null=True))
    def get_undo(self, recall: Recall) -> Any:
        done = getattr(recall, "undo", None)
        return RecallUndoOut(done).data if done else None


class HoldingVersionOut(serializers.Serializer[Any]):
    version = serializers.UUIDField(source="version.pk")
    dataset = serializers.CharField(source="version.dataset.slug")
    number = serializers.IntegerField(source="version.number")
    rows = serializers.IntegerField()


class DependentOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    status = serializers.CharField()


class RecallPreviewOut(serializers.Serializer[Any]):
    """Drafts that a recall would take out of use, and what depends on them. Send `tag` with the recall itself."""

    drafts = serializers.IntegerField()
    golds = serializers.IntegerField(
        source="accepted_or_edited", help_text="Drafts that count as accepted or edited now"
    )
    rejected = serializers.IntegerField()
    waiting = serializers.IntegerField()
    versions = HoldingVersionOut(many=True)
    dependents = DependentOut(many=True)
    tag = serializers.CharField()


class RecallPreviewView(APIView):
    """Preview of a recall: the drafts it would take out of use. Nothing is written."""

    scope_write = "lead"

    @extend_schema(
        operation_id="preview_recall", request=CriteriaIn, responses={200: RecallPreviewOut, **problems(413, 422)}
    )
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        values = read_body(CriteriaIn, request)
        shown = preview.preview(task, Criteria.read(values), by=member)
        return Response(RecallPreviewOut(shown).data)


class RecallsView(APIView):
    """Recalls of a task; POST carries out what a preview showed."""

    scope_write = "lead"
    pagination_class = KeysetPagination

    @lists(RecallOut, operation_id="recalls")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        task = task_or_404(member_of(request), slug, least=Role.LEAD)
        return queries.of_task(task)

    @extend_schema(
        operation_id="recall_drafts",
        request=RecallIn,
        responses={201: RecallOut, **problems(409, 412, 413, 422, 428)},
    )
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        data = read_body(RecallIn, request)
        made = recall.carry_out(
            task, Criteria.read(data), by=member, id=data["id"], reason=data["reason"], tag=data.get("tag")
        )
        return Response(RecallOut(made).data, status=201)


class RecallView(APIView):
    """One recall."""

    @extend_schema(operation_id="recall", responses=RecallOut)
    def get(self, request: Request, recall_id: UUID) -> Response:
        return Response(RecallOut(queries.recall_or_404(member_of(request), recall_id)).data)


class RecallUndoView(APIView):
    """Bring the drafts of a recall back into use, as before or to be judged anew."""

    scope_write = "lead"

    @extend_schema(
        operation_id="undo_recall", request=RecallUndoIn, responses={201: RecallUndoOut, **problems(409, 422)}
    )
    def post(self, request: Request, recall_id: UUID) -> Response:
        values = read_body(RecallUndoIn, request)
        done = recall.undo(recall_id, by=member_of(request), kind=RecallReturn(values["kind"]))
        return Response(RecallUndoOut(done).data, status=201)
