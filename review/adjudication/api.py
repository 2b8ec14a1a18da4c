"""Endpoints of a lead: late decisions, disputes and what settles them. They call services and shape their answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.adjudication import rulings, sending_back
from review.desk import lead_queue
from review.desk.serializers import DecisionOut
from review.drafts import etags, queries
from review.drafts.serializers import DraftStateOut, FieldsIn
from review.states import DraftState, Role, Verdict
from review.tasks.permissions import task_or_404
from web.http.iso_time import IsoTime
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body


class RulingIn(serializers.Serializer[Any]):
    """A lead's word on a draft."""

    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class DisputeIn(RulingIn):
    """Ruling on a disputed draft: one of the verdicts on it, or a verdict of the lead's own."""

    decision = serializers.UUIDField(required=False, allow_null=True, default=None)
    verdict = serializers.ChoiceField(choices=["accept", "edit", "reject"], required=False, default="accept")
    fields: Any = FieldsIn(required=False, allow_null=True, default=None)
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    ratings = serializers.DictField(child=serializers.BooleanField(), required=False, default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["decision"] is None and "verdict" not in self.initial_data:
            raise serializers.ValidationError("Name a decision, or give a verdict of your own.")
        return attrs


class SendBackIn(serializers.Serializer[Any]):
    """Verdicts to send back to their authors, all standing ones where none is named, with a comment on them."""

    comment = serializers.CharField(allow_blank=True, max_length=2000)
    decisions = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)


class RulingOut(serializers.Serializer[Any]):
    """Ruling of a lead on a draft or on a decision, and the state of the draft after it."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField(source="draft_id")
    kind = serializers.CharField()
    decision = serializers.UUIDField(source="decision_id", allow_null=True)
    lead = serializers.CharField(source="lead.username")
    note = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(source="draft.state", choices=DraftState.choices)
    created_at = IsoTime()


class RulingsOut(serializers.Serializer[Any]):
    """Several at once."""

    results = RulingOut(many=True)


class WordChangeOut(serializers.Serializer[Any]):
    """A stretch of text: the same in both, added or removed."""

    kind = serializers.CharField()
    text = serializers.CharField()


class DisputeSideOut(serializers.Serializer[Any]):
    """One verdict on a disputed draft, with what it differs in."""

    decision = serializers.UUIDField(source="decision.pk")
    reviewer = serializers.CharField(source="decision.reviewer.username")
    verdict = serializers.ChoiceField(source="decision.verdict", choices=Verdict.choices)
    fields: Any = serializers.DictField(source="decision.fields", allow_null=True)
    reasons = serializers.ListField(source="decision.reasons", child=serializers.CharField())
    note = serializers.CharField(source="decision.note", allow_blank=True)
    is_late = serializers.BooleanField(source="decision.is_late")
    against = serializers.CharField(allow_blank=True)
    difference = WordChangeOut(source="segments", many=True)
    changes = WordChangeOut(many=True)
    ratings = serializers.DictField(source="decision.ratings", child=serializers.BooleanField())


class DisputeOut(serializers.Serializer[Any]):
    """The verdicts on a draft side by side; `etag` is what a ruling names in `If-Match`."""

    etag = serializers.CharField()
    state = serializers.ChoiceField(choices=DraftState.choices)
    results = DisputeSideOut(many=True)


IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="ETag of the draft's verdicts and rulings."
)
REFUSALS = problems(409, 412, 422, 428)
ANSWERS: dict[Any, Any] = {201: RulingOut, **REFUSALS}


class LateDecisionsView(APIView):
    """Late decisions of a task that wait for a lead, newest first."""

    pagination_class = KeysetPagination

    @lists(DecisionOut, operation_id="late_decisions")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.LEAD)
        return lead_queue.late_decisions(task)


class AdoptView(APIView):
    """Let a late decision count after all."""

    scope_write = "lead"

    @extend_schema(operation_id="adopt_decision", request=RulingIn, parameters=[IF_MATCH], responses=ANSWERS)
    def post(self, request: Request, decision_id: UUID) -> Response:
        ruling = rulings.adopt(
            decision_id, by=member_of(request), if_match=_tag(request), **read_body(RulingIn, request)
        )
        return Response(RulingOut(ruling).data, status=201)


class LeaveView(APIView):
    """Leave a late decision without effect."""

    scope_write = "lead"

    @extend_schema(operation_id="leave_decision", request=RulingIn, responses={201: RulingOut, **problems(409)})
    def post(self, request: Request, decision_id: UUID) -> Response:
        ruling = rulings.leave(decision_id, by=member_of(request), **read_body(RulingIn, request))
        return Response(RulingOut(ruling).data, status=201)


class DisputeView(APIView):
    """The verdicts on a draft side by side, with what differs and the ETag that a ruling names."""

    @extend_schema(operation_id="draft_dispute", responses={200: DisputeOut})
    def get(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        draft = queries.draft_or_404(member, draft_id, least=Role.LEAD)
        tag = lead_queue.dispute_etag(draft.pk)
        body = DisputeOut({"etag": tag, "state": draft.state, "results": lead_queue.sides(draft)}).data
        return Response(body, headers={"ETag": f'"{tag}"'})


class SettleView(APIView):
    """Settle a disputed draft on one of its verdicts, or on one of the lead's own."""

    scope_write = "lead"

    @extend_schema(operation_id="settle_draft", request=DisputeIn, parameters=[IF_MATCH], responses=ANSWERS)
    def post(self, request: Request, draft_id: UUID) -> Response:
        ruling = rulings.settle(
            draft_id, by=member_of(request), if_match=_tag(request), **read_body(DisputeIn, request)
        )
        return Response(RulingOut(ruling).data, status=201)


class SendBackView(APIView):
    """Have reviewers look again at verdicts on a disputed draft."""

    scope_write = "lead"

    @extend_schema(
        operation_id="send_verdicts_back",
        request=SendBackIn,
        parameters=[IF_MATCH],
        responses={201: RulingsOut, **REFUSALS},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        data = read_body(SendBackIn, request)
        sent = sending_back.send_back(draft_id, by=member_of(request), if_match=_tag(request), **data)
        return Response({"results": RulingOut(sent, many=True).data}, status=201)


class ReopenView(APIView):
    """Take the ruling on a draft out of force."""

    scope_write = "lead"

    @extend_schema(operation_id="reopen_draft", request=RulingIn, parameters=[IF_MATCH], responses=ANSWERS)
    def post(self, request: Request, draft_id: UUID) -> Response:
        ruling = rulings.reopen(draft_id, by=member_of(request), if_match=_tag(request), **read_body(RulingIn, request))
        return Response(RulingOut(ruling).data, status=201)


class SecondOpinionView(APIView):
    """Put a judged draft back on the desk for those who have not judged it."""

    scope_write = "lead"

    @extend_schema(
        operation_id="ask_second_opinion",
        request=None,
        parameters=[IF_MATCH],
        responses={200: DraftStateOut, **problems(409, 412, 428)},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        draft = rulings.ask_again(draft_id, by=member_of(request), if_match=_tag(request))
        return Response({"draft": str(draft.pk), "state": draft.state})


def _tag(request: Request) -> str | None:
    return etags.from_header(request.headers.get("If-Match"))
