"""API of synthetic records: price them, order them, and read what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.orders.serializers import EstimateOut
from generation.synthetic import launch, take_in
from generation.synthetic import queries as selectors
from generation.synthetic.launch import ABOUT_CHARS, LEAST, MOST, SyntheticRequest
from generation.teachers import queries as teacher_selectors
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import WholeList

if TYPE_CHECKING:
    from generation.models import Teacher
    from members.models import Member


class SyntheticIn(serializers.Serializer[Any]):
    """Records for a teacher to make up."""

    teacher = serializers.CharField()
    count = serializers.IntegerField(min_value=LEAST, max_value=MOST)
    about = serializers.CharField(required=False, allow_blank=True, default="", max_length=ABOUT_CHARS)
    attributes = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        default=dict,
        help_text="What varies: at least two values by name; one that is called like a fact decides that fact.",
    )
    max_cost_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True, default=None
    )


class SyntheticPriceOut(EstimateOut):
    """Price of an order for records."""

    examples = serializers.IntegerField(help_text="Records of the task that would be shown")
    records_per_call = serializers.IntegerField()


class SyntheticOut(serializers.Serializer[Any]):
    """One order for records."""

    id = serializers.UUIDField()
    task = serializers.SlugField(source="task.slug")
    order = serializers.UUIDField(source="order_id")
    job = serializers.UUIDField(source="order.job_id", allow_null=True)
    state = serializers.CharField(source="order.job.state", default="")
    teacher = serializers.SlugField(source="order.teacher.slug")
    count = serializers.IntegerField()
    added = serializers.IntegerField()
    dropped = serializers.DictField(child=serializers.IntegerField(), help_text="Records that stayed out, by why")
    bad = serializers.ListField(help_text="The first hundred bad ones: number and why")
    problem = serializers.CharField()
    sources = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_sources(self, made: Any) -> list[str]:
        return [str(source.pk) for source in selectors.sources_of(made)]

    def get_url(self, made: Any) -> str:
        return reverse("generation:synthetic", args=[made.pk])


class SyntheticListView(APIView):
    """Orders of one task for synthetic records."""

    pagination_class = WholeList

    @lists(SyntheticOut, operation_id="synthetic_orders")
    def get(self, request: Request, asked: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        return selectors.of_task(member, task_or_404(member, slug))

    @extend_schema(operation_id="synthetic_create", request=SyntheticIn, responses={202: SyntheticOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Have a teacher make records up; they become a source of the training split when all is done."""
        member, task = member_of(request), task_or_404(member_of(request), slug)
        require(member, task, Role.LEAD)
        wanted, teacher = _read(request, member)
        made = launch.launch(task, wanted, teacher=teacher, by=member)
        return Response(SyntheticOut(selectors.get(member, made.pk)).data, status=202)


class SyntheticPriceView(APIView):
    """The price of an order for records."""

    @extend_schema(operation_id="synthetic_price", request=SyntheticIn, responses=SyntheticPriceOut)
    def post(self, request: Request, slug: str) -> Response:
        """Price records; nothing is written and nobody is asked."""
        member, task = member_of(request), task_or_404(member_of(request), slug)
        require(member, task, Role.LEAD)
        wanted, teacher = _read(request, member)
        quoted = launch.quote(task, wanted, teacher=teacher, by=member)
        told = quoted.order.as_json() | {
            "records": wanted.count,
            "examples": len(quoted.seeds),
            "records_per_call": quoted.per_call,
        }
        return Response(SyntheticPriceOut(told).data)


class SyntheticView(APIView):
    """One order for records."""

    @extend_schema(operation_id="synthetic_order", responses=SyntheticOut)
    def get(self, request: Request, synthesis_id: UUID) -> Response:
        return Response(SyntheticOut(selectors.get(member_of(request), synthesis_id)).data)


class SyntheticTakeInView(APIView):
    """Kept answers of one order for records."""

    @extend_schema(operation_id="synthetic_take_in", request=None, responses=SyntheticOut)
    def post(self, request: Request, synthesis_id: UUID) -> Response:
        """Take in answers that were kept, since they fitted no more or nobody led the task who could bring them in."""
        made = selectors.get(member_of(request), synthesis_id)
        take_in.take_in_again(made, by=member_of(request))
        return Response(SyntheticOut(selectors.get(member_of(request), synthesis_id)).data)


def _read(request: Request, member: Member) -> tuple[SyntheticRequest, Teacher]:
    body = SyntheticIn(data=request.data)
    body.is_valid(raise_exception=True)
    said = body.validated_data
    wanted = SyntheticRequest(said["count"], said["about"], said["attributes"], said["max_cost_usd"])
    return wanted, teacher_selectors.teacher_or_404(member, said["teacher"])
