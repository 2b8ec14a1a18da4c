"""Endpoints of acts on many drafts: a preview, the act it names, its undo.

They call services and shape their answers.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.bulk import bulk_undo, bulk_verdict, execution, planning, similar_drafts
from review.bulk.planning import AT_MOST
from review.drafts import draft_filters, queries
from review.drafts.serializers import DraftSummaryOut
from review.states import Role
from review.tasks.permissions import task_or_404
from web.errors import Refusal
from web.http.iso_time import IsoTime
from web.http.lists import Rows, lists
from web.http.pagination import WholeList
from web.http.problem_shape import problems
from web.http.read_body import read_body


class VerdictIn(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=bulk_verdict.VERDICTS)
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    note = serializers.CharField(required=False, default="", allow_blank=True)
    find = serializers.CharField(required=False, default="", allow_blank=True)
    replace = serializers.CharField(required=False, default="", allow_blank=True)
    filters = serializers.DictField(child=serializers.CharField(), required=False, default=dict)


class PreviewIn(VerdictIn):
    """Drafts of a bulk act: by id, or all waiting ones that match the filters (named as in the list, and `q`)."""

    drafts = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_null=True, default=None, max_length=AT_MOST
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["drafts"] is None and not attrs["filters"]:
            raise serializers.ValidationError({"drafts": ["Name drafts, or filters that find them."]})
        return attrs

    def validate_filters(self, filters: dict[str, str]) -> dict[str, str]:
        # A filter that is not understood would find more drafts than were meant.
        if mistakes := draft_filters.mistakes(filters):
            raise serializers.ValidationError(mistakes)
        return filters


class BulkIn(VerdictIn):
    """The act: `drafts` and `tag` as the preview gave them, `id` made by the client."""

    id = serializers.UUIDField()
    drafts = serializers.ListField(child=serializers.UUIDField())
    tag = serializers.CharField(required=False, default="", allow_blank=True)
    typed = serializers.IntegerField(required=False, allow_null=True, default=None)


class SampleOut(serializers.Serializer[Any]):
    """A draft as the verdict would leave it."""

    draft = serializers.UUIDField(source="draft.pk")
    title = serializers.CharField(source="draft.record.title")
    fields: Any = serializers.DictField(allow_null=True)


class BulkPreviewOut(serializers.Serializer[Any]):
    """Outcome of the verdict; `left_out` counts the drafts left out, by reason."""

    count = serializers.IntegerField()
    drafts = serializers.ListField(source="ids", child=serializers.UUIDField())
    left_out = serializers.DictField(child=serializers.IntegerField())
    tag = serializers.CharField()
    samples = SampleOut(many=True)


class BulkActOut(serializers.Serializer[Any]):
    """One verdict on many drafts, as it was carried out."""

    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    by = serializers.CharField(source="by.username")
    verdict = serializers.ChoiceField(choices=bulk_verdict.VERDICTS)
    count = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    is_done = serializers.BooleanField()
    created_at = IsoTime()
    undone_at = IsoTime(allow_null=True)


class BulkUndoOut(serializers.Serializer[Any]):
    """Result of an undo; `kept` counts the drafts whose verdict stays, by reason."""

    act = BulkActOut()
    count = serializers.IntegerField()
    kept = serializers.DictField(child=serializers.IntegerField())


class SimilarDraftOut(serializers.Serializer[Any]):
    """A draft and how much of the words it shares, from 0 to 1."""

    draft = DraftSummaryOut()
    share = serializers.FloatField()


class RepeatedSentenceOut(serializers.Serializer[Any]):
    """A sentence that stands in other drafts which wait."""

    sentence = serializers.CharField(source="text")
    count = serializers.IntegerField()
    instead = serializers.CharField(allow_null=True, help_text="What the verdict put in its place.")
    url = serializers.CharField(
        source="address", help_text="The page that decides those drafts; empty where they are too few."
    )
    times = serializers.IntegerField(help_text="How many of your latest edits changed a sentence with this opening.")
    check_url = serializers.CharField(
        source="check_address",
        help_text="The page that makes the opening a forbidden phrase, for a lead who edited it often; else empty.",
    )


class PreviewView(APIView):
    """Preview of one verdict on many drafts, chosen by id or by filters; writes nothing."""

    scope_write = "review"

    @extend_schema(
        operation_id="preview_bulk", request=PreviewIn, responses={200: BulkPreviewOut, **problems(413, 422)}
    )
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.REVIEWER)
        body = read_body(PreviewIn, request)
        ids = body["drafts"]
        if ids is None:
            ids = planning.matching(member, task, draft_filters.parse(body["filters"]))
        if len(ids) > planning.AT_MOST:
            message = f"One act takes at most {planning.AT_MOST:,} drafts; more than that match."
            raise Refusal("too_many_drafts", message, hint="Narrow the filters.", status=413)
        return Response(BulkPreviewOut(planning.plan(member, task, ids, bulk_verdict.parse(body))).data)


class BulkView(APIView):
    """Carry out what a preview showed."""

    scope_write = "review"

    @extend_schema(
        operation_id="decide_many",
        request=BulkIn,
        responses={200: BulkActOut, **problems(409, 412, 413, 422, 428)},
    )
    def post(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.REVIEWER)
        body = read_body(BulkIn, request)
        act = execution.carry_out(
            task,
            by=member,
            id=body["id"],
            drafts=body["drafts"],
            submission=bulk_verdict.parse(body),
            tag=body["tag"] or None,
            typed=body["typed"],
            how={name: str(value) for name, value in body["filters"].items()},
        )
        return Response(BulkActOut(act).data)


class UndoView(APIView):
    """Take back all of an act that still stands."""

    scope_write = "review"

    @extend_schema(operation_id="undo_bulk", request=None, responses={200: BulkUndoOut})
    def post(self, request: Request, act_id: UUID) -> Response:
        return Response(BulkUndoOut(bulk_undo.undo(act_id, by=member_of(request))).data)


class SimilarView(APIView):
    """Drafts of the same task that are most like this one."""

    pagination_class = WholeList

    @lists(SimilarDraftOut, draw=lambda request, page: page, operation_id="similar_drafts")
    def get(self, request: Request, query: dict[str, Any], draft_id: UUID) -> Rows:
        member = member_of(request)
        similar = similar_drafts.similar(queries.draft_or_404(member, draft_id))
        drafts = queries.summaries_json([match.draft for match in similar], member)
        return [{"draft": draft, "share": round(match.share, 4)} for draft, match in zip(drafts, similar, strict=True)]


class RepeatedView(APIView):
    """Sentences that the member's last verdict on this draft was about and that stand in others which wait."""

    scope_read = "review"

    pagination_class = WholeList

    @lists(RepeatedSentenceOut, operation_id="repeated_sentences")
    def get(self, request: Request, query: dict[str, Any], draft_id: UUID) -> Rows:
        member = member_of(request)
        draft = queries.draft_or_404(member, draft_id, least=Role.REVIEWER)
        return similar_drafts.repeated(member, draft)
