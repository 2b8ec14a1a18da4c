"""API of what rejections teach, for leads: propose, read, and accept, rebase or dismiss."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.learning import proposals
from generation.learning import queries as selectors
from generation.learning.evidence import DEFAULT_DECISIONS, MAX_DECISIONS
from generation.learning.proposals import Basis
from generation.states import ProposalState
from generation.teachers import queries as teacher_selectors
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body
from web.whole_numbers import whole_number


class ProposalIn(serializers.Serializer[Any]):
    """Terms of a proposal: its teacher and the number of decisions. Without a teacher, changes are counted at once."""

    teacher = serializers.CharField(required=False, allow_blank=True)
    basis = serializers.ChoiceField(choices=[basis.value for basis in Basis], default=Basis.DECISIONS.value)
    look_at = serializers.IntegerField(min_value=5, max_value=MAX_DECISIONS, default=DEFAULT_DECISIONS)


class ProposalVerbIn(serializers.Serializer[Any]):
    """With `accept`: changes by number, each with a value of one's own, or null to leave it out."""

    changes = serializers.DictField(child=serializers.CharField(allow_null=True, trim_whitespace=False), required=False)

    def validate_changes(self, value: dict[str, str | None]) -> dict[int, str | None]:
        """Numbers come as keys of JSON, which are texts."""
        changes = {number: text for key, text in value.items() if (number := whole_number(key, otherwise=-1)) >= 0}
        if len(changes) < len(value):
            raise serializers.ValidationError('Name changes by number, such as {"0": null}.')
        return changes


class ProposedChangeOut(serializers.Serializer[Any]):
    part = serializers.CharField()
    value = serializers.CharField()
    why = serializers.CharField()
    decisions = serializers.ListField(child=serializers.UUIDField())


class ProposalOut(serializers.Serializer[Any]):
    """A next task version that decisions suggest."""

    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    base_version = serializers.IntegerField(source="base_version.number")
    state = serializers.ChoiceField(choices=ProposalState.choices)
    changes = ProposedChangeOut(many=True)
    counted = serializers.JSONField()
    decisions = serializers.ListField(child=serializers.UUIDField())
    why_not = serializers.CharField()
    accepted_version = serializers.IntegerField(source="accepted_version.number", default=None, allow_null=True)
    order = serializers.UUIDField(source="order_id", allow_null=True)
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, proposal: Any) -> str:
        return reverse("generation:proposal", args=[proposal.pk])


class ProposalListView(APIView):
    """Proposed versions of one task."""

    pagination_class = KeysetPagination

    @lists(ProposalOut)
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        return selectors.of_task(member, task)

    @extend_schema(request=ProposalIn, responses={201: ProposalOut, 202: ProposalOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        body = read_body(ProposalIn, request)
        named = body.get("teacher", "")
        teacher = teacher_selectors.teacher_or_404(member, named) if named else None
        look_at, basis = body["look_at"], Basis(body["basis"])
        made = proposals.propose(task, by=member, teacher=teacher, look_at=look_at, basis=basis)
        # A counted one is there; one that a teacher writes comes with its job.
        return Response(ProposalOut(made).data, status=201 if made.order is None else 202)


class ProposalView(APIView):
    """One proposed version."""

    @extend_schema(responses=ProposalOut)
    def get(self, request: Request, proposal_id: UUID) -> Response:
        return Response(ProposalOut(selectors.get(member_of(request), proposal_id)).data)


class AcceptProposalView(APIView):
    """Make a proposal the task's next version."""

    @extend_schema(request=ProposalVerbIn, responses=ProposalOut)
    @idempotent
    def post(self, request: Request, proposal_id: UUID) -> Response:
        member = member_of(request)
        proposal = selectors.get(member, proposal_id)
        body = read_body(ProposalVerbIn, request)
        proposals.accept(proposal, by=member, edited=body.get("changes"))
        return Response(ProposalOut(selectors.get(member, proposal_id)).data)


class RebaseProposalView(APIView):
    """Lay a proposal's changes on the task's latest version."""

    @extend_schema(request=None, responses=ProposalOut)
    @idempotent
    def post(self, request: Request, proposal_id: UUID) -> Response:
        member = member_of(request)
        proposals.rebase(selectors.get(member, proposal_id), by=member)
        return Response(ProposalOut(selectors.get(member, proposal_id)).data)


class DismissProposalView(APIView):
    """Put a proposal away."""

    @extend_schema(request=None, responses=ProposalOut)
    @idempotent
    def post(self, request: Request, proposal_id: UUID) -> Response:
        member = member_of(request)
        proposals.dismiss(selectors.get(member, proposal_id), by=member)
        return Response(ProposalOut(selectors.get(member, proposal_id)).data)
