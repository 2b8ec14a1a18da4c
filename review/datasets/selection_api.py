"""API of what stands around frozen versions: what a selection would take, doubtful golds, how versions differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets import (
    dataset_filters,
    doubtful,
    removed_samples,
    revocations,
    row_changes,
    selection_preview,
    version_diff,
)
from review.datasets import queries as datasets_queries
from review.drafts import queries
from web import strict_json
from web.errors import Refusal
from web.http.iso_time import IsoTime
from web.http.lists import ListQuery, id_of, one_of
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from review.datasets.dataset_filters import DatasetFilters
    from review.models import Dataset, DatasetVersion

LARGEST_PAGE = 200
FILTERS = OpenApiParameter("filters", str, description="JSON; those of the dataset when absent.")


class RevokeIn(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class RevocationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    draft = serializers.UUIDField(source="draft_id")
    by = serializers.CharField(source="by.username")
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class DropOut(serializers.Serializer[Any]):
    label: Any = serializers.CharField()
    dropped = serializers.IntegerField()
    left = serializers.IntegerField()
    drafts = serializers.ListField(child=serializers.UUIDField())


class ContradictionsOut(serializers.Serializer[Any]):
    """Inputs whose golds say different values, and how many golds those are."""

    inputs = serializers.IntegerField()
    golds = serializers.IntegerField()


class PreviewOut(serializers.Serializer[Any]):
    """`is_partial`: only the newest golds were counted; `has_compared`: near-duplicates are part of the counts.

    `contradictions`: null where texts were not compared.
    """

    golds = serializers.IntegerField()
    rows = serializers.IntegerField()
    splits = serializers.DictField(child=serializers.IntegerField())
    verdicts = serializers.DictField(child=serializers.IntegerField())
    groups = serializers.IntegerField()
    dropped = DropOut(source="lines", many=True)
    is_partial = serializers.BooleanField()
    has_compared = serializers.BooleanField()
    contradictions = ContradictionsOut(allow_null=True)
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="Such as a side of the split without any row, and what helps."
    )
    exploratory_pairs = serializers.IntegerField(
        allow_null=True, help_text="Pairs that replies would give in `dpo`, whether the filters take them or not."
    )


class SelectionPreviewView(APIView):
    """Preview of a selection, now or on a past day (`as_of`): its counts, and what each filter drops."""

    @extend_schema(
        operation_id="dataset_preview",
        responses=PreviewOut,
        parameters=[FILTERS],
    )
    def get(self, request: Request, slug: str) -> Response:
        dataset, filters = asked(request, slug)
        return Response(PreviewOut(selection_preview.count_selection(dataset.task, filters)).data)


class DiffQuery(ListQuery):
    kind = one_of(row_changes.KINDS, default="added", help_text="Default: added.")
    cursor = id_of("the last row of the page before, as `next` gave it", default=None)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=version_diff.PAGE_ROWS)


class DiffDecisionOut(serializers.Serializer[Any]):
    """The decision that counted in one of the versions."""

    id = serializers.UUIDField()
    verdict = serializers.CharField()
    reviewer = serializers.CharField(source="reviewer.username")
    at = IsoTime(source="created_at")


class DiffReasonOut(serializers.Serializer[Any]):
    """Why a row is in one version and not in the other."""

    code = serializers.CharField()
    words = serializers.CharField()
    twin = serializers.UUIDField(allow_null=True)


class DiffSaidOut(serializers.Serializer[Any]):
    """Verdict or ruling on a draft between the two versions."""

    at = IsoTime()
    by = serializers.CharField()
    words = serializers.CharField()
    note = serializers.CharField(allow_blank=True)


class DiffTextOut(serializers.Serializer[Any]):
    """A stretch of text: the same in both, added or removed."""

    kind = serializers.CharField()
    text = serializers.CharField()


class RowDiffOut(serializers.Serializer[Any]):
    """A row that differs."""

    draft = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    why = DiffReasonOut(allow_null=True)
    said = DiffSaidOut(many=True)
    before = DiffDecisionOut(allow_null=True)
    after = DiffDecisionOut(allow_null=True)
    text = DiffTextOut(source="segments", many=True)


class VersionDiffOut(serializers.Serializer[Any]):
    """Differences of two versions: counts by kind, and a page of rows of one kind."""

    to = serializers.UUIDField()
    counts = serializers.DictField(child=serializers.IntegerField())
    kind = serializers.ChoiceField(choices=list(row_changes.KINDS))
    next = serializers.URLField(allow_null=True)
    results = RowDiffOut(many=True)

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own, so it is named here."""
        return {"from": serializers.UUIDField(), **super().get_fields()}


class VersionDiffView(APIView):
    """Differences of two frozen versions of a dataset, row by row, with the verdicts and rulings in between."""

    @extend_schema(
        operation_id="dataset_version_diff",
        responses={200: VersionDiffOut, **problems(400)},
        parameters=[DiffQuery],
    )
    def get(self, request: Request, version_id: UUID, other_id: UUID) -> Response:
        member = member_of(request)
        older, newer = (datasets_queries.version_or_404(member, pk) for pk in (version_id, other_id))
        _check_comparable(older, newer)
        query = DiffQuery.read(request)
        kind, size = query["kind"], query["limit"]
        rows, last = version_diff.page(older, newer, kind, after=query["cursor"], size=size)
        more = urlencode({"kind": kind, "limit": size, "cursor": str(last)}) if last else ""
        return Response(
            {
                "from": str(older.pk),
                "to": str(newer.pk),
                "counts": row_changes.counts(older, newer),
                "kind": kind,
                "next": request.build_absolute_uri(f"{request.path}?{more}") if more else None,
                "results": RowDiffOut(rows, many=True).data,
            }
        )


class RevocationView(APIView):
    """Take a draft and all that was said of it out of use, for good; what holds it already is marked."""

    scope_write = "lead"

    @extend_schema(operation_id="draft_revocation", responses=RevocationOut)
    def get(self, request: Request, draft_id: UUID) -> Response:
        draft = queries.draft_or_404(member_of(request), draft_id)
        revocation = removed_samples.of_draft(draft.pk)
        if revocation is None:
            raise Refusal("not_revoked", "This draft was not revoked.", status=404)
        return Response(RevocationOut(revocation).data)

    @extend_schema(operation_id="revoke_draft", request=RevokeIn, responses={201: RevocationOut})
    @idempotent
    def post(self, request: Request, draft_id: UUID) -> Response:
        body = read_body(RevokeIn, request)
        made = revocations.revoke(draft_id, by=member_of(request), reason=body["reason"])
        return Response(RevocationOut(made).data, status=201)


def _check_comparable(older: DatasetVersion, newer: DatasetVersion) -> None:
    if older.dataset_id != newer.dataset_id:
        raise Refusal("other_dataset", "Versions of one dataset are compared.", status=409)
    if not (older.is_frozen and newer.is_frozen):
        raise Refusal("not_frozen", "Only frozen versions are compared.", hint="Wait for the job.", status=409)


def asked(request: Request, slug: str) -> tuple[Dataset, DatasetFilters]:
    """The dataset of the address, and the filters asked about."""
    dataset = datasets_queries.dataset_or_404(member_of(request), slug)
    raw = request.query_params.get("filters")
    return dataset, dataset_filters.parse(_json(raw) if raw else dataset.filters)


def _json(raw: str) -> dict[str, Any]:
    try:
        value = strict_json.loads(raw)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal("bad_filters", "The filters must be a JSON object.", status=400)
    return value


class ContradictingGoldOut(serializers.Serializer[Any]):
    """A gold, with what it says where golds of its input differ."""

    draft = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    split = serializers.CharField()
    values = serializers.DictField(child=serializers.CharField(allow_blank=True))


class DoubtfulLabelOut(serializers.Serializer[Any]):
    """A gold whose label is likely wrong; `likely` is what golds with such words say, `confidence` its probability."""

    draft = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    split = serializers.CharField()
    given = serializers.CharField()
    likely = serializers.CharField()
    confidence = serializers.FloatField()


class FieldDoubtsOut(serializers.Serializer[Any]):
    """One field. `right`: share of golds whose label the word model gives too; null where they are too few."""

    name = serializers.CharField()
    golds = serializers.IntegerField()
    rare = serializers.IntegerField()
    right = serializers.FloatField(allow_null=True)
    most_frequent = serializers.FloatField()
    total = serializers.IntegerField()
    labels = DoubtfulLabelOut(many=True)


class DoubtfulGoldsOut(serializers.Serializer[Any]):
    """Golds that are worth a second look: totals, and the first of each kind."""

    golds = serializers.IntegerField()
    is_partial = serializers.BooleanField()
    contradicted = serializers.IntegerField()
    contradictions = serializers.ListField(child=ContradictingGoldOut(many=True))
    doubts = FieldDoubtsOut(many=True)


class DoubtfulGoldsView(APIView):
    """Golds of equal facts that say different values, and labels that a model of the other golds would not give."""

    @extend_schema(operation_id="dataset_doubtful", responses=DoubtfulGoldsOut, parameters=[FILTERS])
    def get(self, request: Request, slug: str) -> Response:
        dataset, filters = asked(request, slug)
        return Response(DoubtfulGoldsOut(doubtful.look(dataset.task, filters)).data)
