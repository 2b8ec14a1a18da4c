"""API of studies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.states import StudyKind, StudyMetric
from evaluation.studies import columns, launch_study, presentation, replication
from evaluation.studies import queries as selectors
from evaluation.studies.design import SMALL, TUNED_ARMS, StudyRequest
from evaluation.studies.kinds.minutes import BESIDE_SFT
from evaluation.studies.task_names import StudyReader
from jobs.monitor.serializers import JobSerializer
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets import queries
from review.tasks.permissions import task_or_404
from training.students import queries as student_selectors
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class StudyIn(serializers.Serializer[Any]):
    """Study to register; the preset fills what is left out."""

    kind = serializers.CharField(help_text=f"{', '.join(StudyKind.values[:-1])} or {StudyKind.values[-1]}")
    dataset_version = serializers.UUIDField()
    student = serializers.CharField(max_length=60)
    preset = serializers.CharField(required=False, default=SMALL, help_text="small or normal")
    question = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    sizes = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=30, help_text="Training records, increasing."
    )
    seeds = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=30)
    epochs = serializers.IntegerField(required=False, min_value=1)
    metric = serializers.CharField(required=False, default=StudyMetric.NLL.value)
    recipes = serializers.DictField(
        child=serializers.CharField(), required=False, help_text=f"Presets by arm: {', '.join(TUNED_ARMS)}."
    )
    students = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=20,
        help_text="Of *students* and *methods*: the others that are compared, by short name; of *experts* the dense "
        "one, an expert as a control, and the whole mixture; of *shapes* the decoder; of *router* the "
        "second, the larger of both being tuned on all.",
    )
    others = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=10,
        help_text="Of *transfer*: a frozen dataset version of each other task, which the member must lead.",
    )
    teacher = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=60,
        help_text="Of *cloning*: the student whose logits are learnt.",
    )
    answers_version = serializers.UUIDField(
        required=False, help_text="Of *cloning*: a version of the task without the reasoning, for an arm of its own."
    )

    minutes = serializers.IntegerField(
        required=False, min_value=1, help_text="Of *minutes*: the expert minutes that each arm may spend."
    )
    beside_sft = serializers.ListField(
        child=serializers.ChoiceField(choices=list(BESIDE_SFT)),
        required=False,
        max_length=3,
        help_text="Of *minutes*: the arms beside SFT, dpo and kto where nothing is said.",
    )
    segment = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=80,
        help_text="Of *router*: the fact of a record whose value picks the expert.",
    )
    raw = serializers.BooleanField(
        required=False,
        default=False,
        help_text="For *filter*: an arm on unjudged drafts, from a version that was frozen with them.",
    )


class StudyStarted(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()
    record_sha256 = serializers.CharField()


class StudyOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    kind = serializers.CharField()
    question = serializers.CharField()
    dataset_version = serializers.UUIDField(source="dataset_version_id")
    student = serializers.CharField(source="student.slug")
    record_sha256 = serializers.CharField()
    job = JobSerializer()
    verdict = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_verdict(self, study: Any) -> dict[str, Any] | None:
        return presentation.verdict_of(study, self.context["reader"])


class StudyDetailOut(StudyOut):
    record = serializers.SerializerMethodField()
    cells = serializers.SerializerMethodField()
    contradictions = serializers.SerializerMethodField()

    def get_record(self, study: Any) -> dict[str, Any]:
        return presentation.record_of(study, self.context["reader"])

    def get_cells(self, study: Any) -> list[dict[str, Any]]:
        return presentation.cell_rows(study, self.context["reader"])

    def get_contradictions(self, study: Any) -> list[dict[str, Any]]:
        """Return the paper's contradictions, with the task's measurements, for studies of students or methods."""
        return presentation.contradictions_beside(study)


def _drawn(request: Request, page: list[Any]) -> Iterable[Mapping[str, Any]]:
    reader = StudyReader(member_of(request))
    return [StudyOut(study, context={"reader": reader}).data for study in page]


class StudiesView(APIView):
    """Studies; POST registers one and starts it."""

    pagination_class = KeysetPagination

    @lists(StudyOut, TaskQuery, draw=_drawn)
    def get(self, request: Request, filters: dict[str, Any]) -> Rows:
        member = member_of(request)
        return selectors.visible(member, task=task_or_404(member, filters["task"]) if "task" in filters else None)

    @extend_schema(request=StudyIn, responses={202: StudyStarted})
    @idempotent
    def post(self, request: Request) -> Response:
        values = read_body(StudyIn, request)
        study_request = StudyRequest.read({**values, "answers_version": str(values.get("answers_version", ""))})
        study = launch_study.launch(
            study_request,
            version=queries.version_or_404(member_of(request), values["dataset_version"]),
            student=student_selectors.by_slug(values["student"]),
            by=member_of(request),
            others=columns.chosen(member_of(request), [str(each) for each in values.get("others", ())]),
        )
        return Response({"id": study.pk, "job": study.job_id, "record_sha256": study.record_sha256}, status=202)


class PaperView(APIView):
    """Results reported by the paper, with the measurements of a task; `measured` is null where there are none."""

    @extend_schema(operation_id="task_paper", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        return Response(replication.of_task(task_or_404(member_of(request), slug), StudyReader(member_of(request))))


class StudyDetailView(APIView):
    """Registration and cells of a study, and its verdict once it has ended."""

    @extend_schema(responses=StudyDetailOut)
    def get(self, request: Request, study_id: UUID) -> Response:
        member = member_of(request)
        study = selectors.study_or_404(member, study_id)
        return Response(StudyDetailOut(study, context={"reader": StudyReader(member)}).data)


class StudyCellsView(APIView):
    """Measurements of every cell, as CSV."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, study_id: UUID) -> HttpResponse:
        study = selectors.study_or_404(member_of(request), study_id)
        return HttpResponse(
            presentation.csv_of(study, StudyReader(member_of(request))), content_type="text/csv; charset=utf-8"
        )


class StudyRecordView(APIView):
    """Registration, byte for byte as it was hashed; the ETag is its SHA-256."""

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, study_id: UUID) -> HttpResponse:
        study = selectors.study_or_404(member_of(request), study_id)
        text = presentation.record_file(study, StudyReader(member_of(request)))
        answer = HttpResponse(text.encode(), content_type="application/json")
        answer["ETag"] = f'"{study.record_sha256}"'
        return answer
