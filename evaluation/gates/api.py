"""API of gates: the rules of a task, and how an evaluation stands before them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.evaluations.queries import evaluation_or_404
from evaluation.gates import queries, set_gate
from evaluation.gates.rules import LONGEST_NAME, MOST_RULES, GateRule
from evaluation.states import Against, RuleKind, RuleOutcome
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class GateRuleShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=RuleKind.choices)
    metric = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=120,
        help_text="A metric of an evaluation's summary, such as passes_all; empty of forgetting.",
    )
    bound = serializers.FloatField(
        min_value=0, help_text="In the metric's unit; of a share, of a margin of shares and of forgetting from 0 to 1."
    )
    against = serializers.ChoiceField(
        choices=Against.choices, required=False, allow_blank=True, default="", help_text="Of not_worse: than whom."
    )
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=LONGEST_NAME)
    suite = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=80,
        help_text="Name of the suite that it is judged on; empty of a whole split.",
    )


class GateIn(serializers.Serializer[Any]):
    task = serializers.SlugField()
    rules = GateRuleShape(many=True, help_text=f"At most {MOST_RULES}; none lifts the gate.")


class GateOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    number = serializers.IntegerField()
    rules = GateRuleShape(many=True)
    by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()


class RuleFindingOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    wanted = serializers.CharField()
    found = serializers.FloatField(
        allow_null=True, help_text="The value; of a margin what is lost, negative where something is won."
    )
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    outcome = serializers.ChoiceField(choices=RuleOutcome.choices)
    sentence = serializers.CharField()


class GateFindingOut(serializers.Serializer[Any]):
    passes = serializers.BooleanField(
        allow_null=True, help_text="Null if undecided, or if the task has no gate (then rules is empty)."
    )
    gate = serializers.IntegerField(allow_null=True, help_text="Number of the gate it was judged by.")
    evaluation = serializers.UUIDField()
    rules = RuleFindingOut(many=True)


class GatesView(APIView):
    """Gates, every version; POST sets that of a task."""

    pagination_class = KeysetPagination

    @lists(GateOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.visible(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=GateIn, responses={201: GateOut})
    @idempotent
    def post(self, request: Request) -> Response:
        values = read_body(GateIn, request)
        member = member_of(request)
        rules = [GateRule(**{**rule, "kind": RuleKind(rule["kind"])}) for rule in values["rules"]]
        gate = set_gate.set_gate(task_or_404(member, values["task"]), rules=rules, by=member)
        return Response(GateOut(gate).data, status=201)


class EvaluationGateView(APIView):
    """Standing of an evaluation against its task's gate."""

    @extend_schema(responses=GateFindingOut)
    def get(self, request: Request, evaluation_id: UUID) -> Response:
        standing = queries.standing_of(evaluation_or_404(member_of(request), evaluation_id))
        return Response(GateFindingOut(standing.as_json()).data)
