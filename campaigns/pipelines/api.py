"""API of pipelines: compose one, save its next version, read what its stages made of a mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.mail_tasks import mail_task_or_404
from campaigns.mails import queries as mails_queries
from campaigns.pipelines import compose, promotion, queries
from campaigns.pipelines.compose import StagePlan
from campaigns.states import StageKind, StageState
from generation.teachers import queries as teachers_queries
from members.models import Member
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, task_or_404
from serving.routing import promise
from serving.states import Act
from web.http.lists import ListQuery, Rows, TaskQuery, id_of, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body

if TYPE_CHECKING:
    from campaigns.models import PipelineVersion


class ConditionIn(serializers.Serializer[Any]):
    """Condition on the mails that continue after a stage: the field has one of these values."""

    field = serializers.CharField(max_length=120)

    def get_fields(self) -> dict[str, Any]:
        """`in` is a word of Python's own, so it is named here."""
        values = serializers.ListField(child=serializers.CharField(max_length=100), allow_empty=False, max_length=200)
        return {**super().get_fields(), "in": values}


class StageIn(serializers.Serializer[Any]):
    """One stage. Without a task and a teacher rules do it."""

    name = serializers.CharField(max_length=40)
    kind = serializers.ChoiceField(choices=StageKind.choices)
    task = serializers.SlugField(required=False, allow_null=True)
    teacher = serializers.SlugField(required=False, allow_null=True, help_text="Slug of a teacher or served miniature")
    router = serializers.SlugField(
        required=False, allow_null=True, help_text="Slug of a router, instead of a teacher; its newest version is kept"
    )
    inputs = serializers.DictField(
        child=serializers.CharField(max_length=120),
        required=False,
        help_text="Fact of its task → contact.company, record.FIELD, STAGE.FIELD or STAGE.FIELD.PART",
    )
    condition = ConditionIn(required=False, allow_null=True)


class StagesIn(serializers.Serializer[Any]):
    stages = StageIn(many=True, allow_empty=False)


class PipelineIn(StagesIn):
    task = serializers.SlugField(help_text="The task of the mails")
    name = serializers.CharField(max_length=120)
    slug = serializers.SlugField(max_length=80, required=False)


class StageOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=StageKind.choices)
    task = serializers.CharField(source="task_version.task.slug", default=None, allow_null=True)
    task_version = serializers.IntegerField(source="task_version.number", default=None, allow_null=True)
    teacher = serializers.CharField(source="teacher.slug", default=None, allow_null=True)
    router = serializers.CharField(source="router.router.slug", default=None, allow_null=True)
    router_version = serializers.IntegerField(source="router.number", default=None, allow_null=True)
    inputs = serializers.DictField(child=serializers.CharField())
    condition = serializers.JSONField()


class PipelineVersionOut(serializers.Serializer[Any]):
    """A version as it was saved; it never changes."""

    number = serializers.IntegerField()
    stages = StageOut(many=True)
    created_at = serializers.DateTimeField()


class PipelineOut(serializers.Serializer[Any]):
    slug = serializers.SlugField()
    name = serializers.CharField()
    task = serializers.CharField(source="task.slug")
    created_at = serializers.DateTimeField()
    default_version = serializers.IntegerField(
        allow_null=True,
        help_text="The version that its task's next campaign begins with; null where it is none of these",
    )


class PipelinePromotionIn(serializers.Serializer[Any]):
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="Number of the version; without one its newest, or the one to take back"
    )


class PipelinePromotionOut(serializers.Serializer[Any]):
    """Promotion of a version to its task's default pipeline, or its withdrawal. A version's newest row counts."""

    id = serializers.IntegerField()
    act = serializers.ChoiceField(choices=Act.choices)
    pipeline = serializers.CharField(source="version.pipeline.slug")
    version = serializers.IntegerField(source="version.number")
    experiment = serializers.CharField(
        source="experiment.slug", default=None, allow_null=True, help_text="The experiment that it won, if one says so"
    )
    created_at = serializers.DateTimeField()


class PipelineFullOut(PipelineOut):
    """The same with its newest version, and when versions were made the task's default or taken back, newest first."""

    version = PipelineVersionOut()
    promotions = PipelinePromotionOut(many=True)


class StageRunOut(serializers.Serializer[Any]):
    """Result of one stage for one mail, or for one of the claims or sentences that the stage checks."""

    id = serializers.UUIDField()
    stage = serializers.CharField(source="stage.name")
    kind = serializers.ChoiceField(choices=StageKind.choices, source="stage.kind")
    teacher = serializers.CharField(source="stage.teacher.slug", default=None, allow_null=True)
    part = serializers.IntegerField()
    state = serializers.ChoiceField(choices=StageState.choices)
    output = serializers.JSONField()
    reason = serializers.CharField()
    record = serializers.UUIDField(source="record_id", allow_null=True)
    draft = serializers.UUIDField(source="draft_id", allow_null=True)
    order = serializers.UUIDField(source="order_id", allow_null=True)
    cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6)
    seconds = serializers.FloatField(allow_null=True)
    mean_log_prob = serializers.FloatField(
        allow_null=True, help_text="How sure a miniature was of its answer; null of other writers"
    )
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class StageRunQuery(ListQuery):
    message = id_of("mail")


class PipelineListView(APIView):
    """Pipelines of one's tasks, and a new one."""

    pagination_class = KeysetPagination

    @lists(PipelineOut, TaskQuery, operation_id="pipelines")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        rows = promotion.with_default(queries.visible(member))
        return rows.filter(task=mail_task_or_404(member, query["task"])) if "task" in query else rows

    @extend_schema(operation_id="pipeline_create", request=PipelineIn, responses={201: PipelineFullOut})
    @idempotent
    def post(self, request: Request) -> Response:
        member, values = member_of(request), read_body(PipelineIn, request)
        version = compose.create(
            mail_task_or_404(member, values["task"]),
            name=values["name"],
            slug=values.get("slug", ""),
            stages=_plans(values["stages"], member),
            by=member,
        )
        return Response(_pipeline_json(member, version.pipeline.slug), status=201)


class PipelineView(APIView):
    """One pipeline with its newest version."""

    @extend_schema(operation_id="pipeline", responses={200: PipelineFullOut})
    def get(self, request: Request, slug: str) -> Response:
        return Response(_pipeline_json(member_of(request), slug))


class PipelineVersionListView(APIView):
    """Versions of a pipeline, the newest first, and the next one."""

    @extend_schema(operation_id="pipeline_versions", responses={200: PipelineVersionOut(many=True)})
    def get(self, request: Request, slug: str) -> Response:
        pipeline = queries.pipeline_or_404(member_of(request), slug)
        return Response(PipelineVersionOut(queries.versions_of(pipeline), many=True).data)

    @extend_schema(operation_id="pipeline_version_create", request=StagesIn, responses={201: PipelineFullOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        values = read_body(StagesIn, request)
        member = member_of(request)
        pipeline = queries.pipeline_or_404(member, slug)
        compose.save_version(pipeline, stages=_plans(values["stages"], member), by=member)
        return Response(_pipeline_json(member, slug), status=201)


class PipelinePromoteView(APIView):
    """Make a version its task's default pipeline: the next campaign begins with it."""

    @extend_schema(operation_id="pipeline_promote", request=PipelinePromotionIn, responses={201: PipelinePromotionOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        row = promotion.promote(_version(request, slug, Act.PROMOTE), by=member_of(request))
        return Response(PipelinePromotionOut(row).data, status=201)


class PipelineDemoteView(APIView):
    """Take a version back: the default is then the one promoted before it, if any."""

    @extend_schema(operation_id="pipeline_demote", request=PipelinePromotionIn, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        promotion.demote(_version(request, slug, Act.DEMOTE), by=member_of(request))
        return Response(status=204)


class StageRunListView(APIView):
    """Results of a pipeline's stages for one mail, in order. They contain personal data, so only leads read them."""

    @extend_schema(operation_id="stage_runs", parameters=[StageRunQuery], responses={200: StageRunOut(many=True)})
    def get(self, request: Request) -> Response:
        query = StageRunQuery.read(request)
        if "message" not in query:
            raise Http404("Name a mail: ?message=its-id.")
        mail = mails_queries.any_or_404(member_of(request), query["message"])
        require(member_of(request), mail.campaign.task, Role.LEAD)
        return Response(StageRunOut(queries.stage_runs(mail), many=True).data)


def _plans(stages: Sequence[Mapping[str, Any]], member: Member) -> list[StagePlan]:
    return [
        StagePlan(
            stage["name"],
            StageKind(stage["kind"]),
            task_or_404(member, stage["task"]) if stage.get("task") else None,
            teachers_queries.teacher_or_404(member, stage["teacher"]) if stage.get("teacher") else None,
            stage.get("inputs") or {},
            stage.get("condition") or {},
            promise.version_or_404(member, stage["router"]) if stage.get("router") else None,
        )
        for stage in stages
    ]


def _version(request: Request, slug: str, act: Act) -> PipelineVersion:
    number = read_body(PipelinePromotionIn, request).get("version")
    return promotion.version_of(queries.pipeline_or_404(member_of(request), slug), number, act=act)


def _pipeline_json(member: Member, slug: str) -> Any:
    pipeline = promotion.with_default(queries.visible(member)).get(pk=queries.pipeline_or_404(member, slug).pk)
    return {
        **PipelineOut(pipeline).data,
        "version": PipelineVersionOut(queries.versions_of(pipeline).first()).data,
        "promotions": PipelinePromotionOut(promotion.history(pipeline), many=True).data,
    }
