"""API of acceptance without a person. Leads only."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.judges.acceptance import act, evidence
from generation.teachers import queries as teachers
from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body


class AcceptanceIn(serializers.Serializer[Any]):
    """Terms of an acceptance rule: its judge and its limits. Shares are 0 to 1."""

    judge = serializers.CharField(help_text="A teacher that has read drafts of the latest task version")
    share = serializers.FloatField(
        min_value=act.SHARES[0],
        max_value=act.SHARES[1],
        default=act.SHARE,
        help_text="Of the drafts that it passes this share may be accepted: those that it is surest of",
    )
    bound = serializers.FloatField(
        min_value=act.BOUNDS[0],
        max_value=act.BOUNDS[1],
        default=act.BOUND,
        help_text="At most this share of what is accepted may be wrong, with 95 % confidence",
    )
    audit_share = serializers.FloatField(
        min_value=act.AUDIT_SHARES[0],
        max_value=act.AUDIT_SHARES[1],
        default=act.AUDIT_SHARE,
        help_text="Of what could be accepted this share is left to experts, by lot",
    )


class AuditOut(serializers.Serializer[Any]):
    """Drafts that were left to experts."""

    judged = serializers.IntegerField()
    wrong = serializers.IntegerField(help_text="Not accepted as they were")
    unread = serializers.IntegerField()


class AcceptanceRuleOut(serializers.Serializer[Any]):
    """One try to have a judge accept drafts.

    While `ended_at` is null it accepts, or waits for verdicts that bear it out.
    """

    id = serializers.UUIDField()
    task = serializers.SlugField(source="task.slug")
    task_version = serializers.IntegerField(source="task_version.number")
    judge = serializers.CharField()
    judge_model = serializers.CharField()
    prompt_version = serializers.IntegerField()
    bound = serializers.FloatField()
    audit_share = serializers.FloatField()
    attempt = serializers.IntegerField(help_text="Each try with the same judge and task version costs some confidence")
    proposed = serializers.FloatField(
        allow_null=True, help_text="The least score that it is to accept, fixed when it was started"
    )
    threshold = serializers.FloatField(
        allow_null=True, help_text="The lowest score that is accepted; null until verdicts confirm it"
    )
    wrong = serializers.IntegerField(help_text="Of the verdicts that count for it, those that did not accept")
    of = serializers.IntegerField(help_text="How many verdicts these are")
    accepted = serializers.SerializerMethodField(help_text="Drafts accepted by it and not judged by a person")
    audit = serializers.SerializerMethodField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_why = serializers.CharField(allow_blank=True)

    def get_accepted(self, rule: Any) -> int:
        return evidence.standing(rule)

    @extend_schema_field(AuditOut)
    def get_audit(self, rule: Any) -> Any:
        return AuditOut(evidence.audit_of(rule)).data


class _RulePages(KeysetPagination):
    """Rules, the newest first."""

    ordering = ("-started_at", "-id")


class AcceptanceView(APIView):
    """Acceptance of a task's drafts by a judge."""

    pagination_class = _RulePages
    scope_write = "lead"

    @lists(AcceptanceRuleOut, operation_id="acceptance_rules")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        task = task_or_404(member_of(request), slug, least=Role.LEAD)
        return evidence.rules_of(task)

    @extend_schema(
        operation_id="accept_by_judge", request=AcceptanceIn, responses={201: AcceptanceRuleOut, **problems(409, 422)}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Have a judge accept drafts as soon as verdicts bear it out; they are looked at every five minutes."""
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        body = read_body(AcceptanceIn, request)
        data = dict(body)
        judge = teachers.teacher_or_404(member, data.pop("judge"))
        return Response(AcceptanceRuleOut(act.start(task, judge, by=member, **data)).data, status=201)


class AcceptanceEndView(APIView):
    """The end of acceptance by a judge."""

    scope_write = "lead"

    @extend_schema(operation_id="end_acceptance", request=None, responses={200: AcceptanceRuleOut, **problems(409)})
    def post(self, request: Request, slug: str) -> Response:
        """Accept no more; what was accepted stays so until it is recalled or judged."""
        member = member_of(request)
        return Response(AcceptanceRuleOut(act.end(task_or_404(member, slug), by=member)).data)
