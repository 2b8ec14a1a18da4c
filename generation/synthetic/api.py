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

from generation.money.serializers import order_budget_field
from generation.orders.serializers import EstimateOut
from generation.synthetic import launch, take_in
from generation.synthetic import queries as selectors
from generation.synthetic.launch import ABOUT_CHARS, LEAST, MOST, SyntheticRequest
from generation.teachers import queries as teacher_selectors
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body

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
    max_cost_usd = order_budget_field(default=None)


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

    def get_sources(self, synthesis: Any) -> list[str]:
        return [str(source.pk) for source in selectors.sources_of(synthesis)]

    def get_url(self, synthesis: Any) -> str:
        return reverse("generation:synthetic", args=[synthesis.pk])


class SyntheticListView(APIView):
    """Orders of one task for synthetic records."""

    pagination_class = KeysetPagination

    @lists(SyntheticOut, operation_id="synthetic_orders")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        return selectors.of_task(member, task_or_404(member, slug))

    @extend_schema(operation_id="synthetic_create", request=SyntheticIn, responses={202: SyntheticOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Have a teacher make records up; they become a source of the training split when all is done."""
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        synthetic_request, teacher = _read(request, member)
        synthesis = launch.launch(task, synthetic_request, teacher=teacher, by=member)
        return Response(SyntheticOut(selectors.get(member, synthesis.pk)).data, status=202)


class SyntheticPriceView(APIView):
    """The price of an order for records."""

    @extend_schema(operation_id="synthetic_price", request=SyntheticIn, responses=SyntheticPriceOut)
    def post(self, request: Request, slug: str) -> Response:
        """Price records; nothing is written and nobody is asked."""
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        synthetic_request, teacher = _read(request, member)
        quoted = launch.quote(task, synthetic_request, teacher=teacher, by=member)
        prices = quoted.order.as_json() | {
            "records": synthetic_request.count,
            "examples": len(quoted.seeds),
            "records_per_call": quoted.per_call,
        }
        return Response(SyntheticPriceOut(prices).data)


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
    data = read_body(SyntheticIn, request)
    synthetic_request = SyntheticRequest(data["count"], data["about"], data["attributes"], data["max_cost_usd"])
    return synthetic_request, teacher_selectors.teacher_or_404(member, data["teacher"])
