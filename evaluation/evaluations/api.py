"""API of evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.evaluations import open_test_split, start_evaluation, unsupported
from evaluation.evaluations import queries as selectors
from evaluation.states import DEFAULT_BASELINES, Baseline
from evaluation.suites import queries as suite_queries
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Split
from review.tasks.permissions import task_or_404
from training.runs import queries as run_selectors
from web.http.lists import ListQuery, Rows, TaskQuery, id_of, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body

if TYPE_CHECKING:
    from evaluation.models import Evaluation


class EvaluationIn(serializers.Serializer[Any]):
    training_run = serializers.UUIDField()
    baselines = serializers.MultipleChoiceField(
        choices=Baseline.choices,
        required=False,
        help_text=f"What the run is compared with beside its bare base; {' and '.join(DEFAULT_BASELINES)} by default.",
    )


class SuiteEvaluationIn(EvaluationIn):
    suite = serializers.CharField(
        required=False, max_length=80, help_text="Name or id of a suite; the validation split's records where left out."
    )


class OpeningIn(EvaluationIn):
    planned_openings = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=open_test_split.MOST_PLANNED,
        help_text="How many openings of this test split are planned in all; needed for the first, fixed after it.",
    )


class OpeningOut(serializers.Serializer[Any]):
    task = serializers.CharField(source="task.slug")
    number = serializers.IntegerField()
    planned_openings = serializers.IntegerField(source="planned")
    level = serializers.FloatField(help_text="Level of its intervals: 1 - 0.05 / planned_openings.")
    is_exploratory = serializers.BooleanField(help_text="Whether it came after the planned ones: it gives no verdict.")
    evaluation = serializers.UUIDField(source="evaluation_id")
    training_run = serializers.UUIDField(source="evaluation.run_id")
    by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField()


class EvaluationStarted(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField(
        allow_null=True, help_text="The job to watch: the teacher's, then the evaluation's own."
    )


class UnsupportedOut(serializers.Serializer[Any]):
    system = serializers.CharField()
    record = serializers.UUIDField()
    sentence = serializers.CharField()
    why = serializers.CharField()


class EvaluationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    training_run = serializers.UUIDField(source="run_id")
    dataset_version = serializers.UUIDField(source="dataset_version_id")
    task_version = serializers.IntegerField(source="task_version.number")
    job = serializers.UUIDField(source="job_id", allow_null=True)
    teacher_job = serializers.UUIDField(source="teacher_order.job_id", allow_null=True, default=None)
    teacher_note = serializers.CharField()
    problem = serializers.CharField()
    is_done = serializers.BooleanField()
    split = serializers.ChoiceField(
        choices=Split.choices, help_text="Of which records: validation, or test where the test split was opened."
    )
    opening = serializers.IntegerField(
        source="opening.number", allow_null=True, default=None, help_text="Which opening of the test split it is."
    )
    suite = serializers.CharField(
        source="suite.name", allow_null=True, default=None, help_text="Of whose cases; null of the split's own records."
    )
    baselines = serializers.ListField(
        child=serializers.ChoiceField(choices=Baseline.choices), help_text="Baselines requested besides the bare base."
    )
    records = serializers.SerializerMethodField()
    summary = serializers.JSONField()
    created_at = serializers.DateTimeField()

    def get_records(self, evaluation: Any) -> int:
        return len(evaluation.record_ids)


class EvaluationDetailOut(EvaluationOut):
    unsupported = serializers.SerializerMethodField(
        help_text="Up to three sentences of each system that their records do not support; "
        "while an arena is open for leads alone."
    )

    @extend_schema_field(UnsupportedOut(many=True))
    def get_unsupported(self, evaluation: Any) -> Any:
        shown = unsupported.examples(evaluation) if self.context["with_texts"] else []
        return UnsupportedOut(shown, many=True).data


class OutputOut(serializers.Serializer[Any]):
    system = serializers.CharField()
    kind = serializers.CharField()
    record = serializers.UUIDField(source="record_id")
    text = serializers.CharField()
    fields: Any = serializers.JSONField()
    error = serializers.CharField()
    marks = serializers.JSONField()
    seconds = serializers.FloatField()
    cost_usd = serializers.FloatField()
    tokens = serializers.IntegerField()
    scores = serializers.JSONField()


class OutputPages(KeysetPagination):
    """Outputs in the order in which they were kept."""

    ordering = ("record_id", "id")


class EvaluationQuery(TaskQuery):
    run = id_of("a training run")


class OutputQuery(ListQuery):
    system = serializers.CharField(required=False, help_text="Name of a system that was evaluated.")


class EvaluationsView(APIView):
    """Evaluations; POST orders one of a training run."""

    pagination_class = KeysetPagination

    @lists(EvaluationOut, EvaluationQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        evaluations = selectors.visible(member, task=task_or_404(member, query["task"]) if "task" in query else None)
        return evaluations.filter(run=run_selectors.run_or_404(member, query["run"])) if "run" in query else evaluations

    @extend_schema(request=SuiteEvaluationIn, responses={202: EvaluationStarted})
    @idempotent
    def post(self, request: Request) -> Response:
        values = read_body(SuiteEvaluationIn, request)
        run = run_selectors.run_or_404(member_of(request), values["training_run"])
        name = values.get("suite", "")
        suite = suite_queries.of_task(run.task, name=name) if name else None
        made = start_evaluation.start(run, by=member_of(request), baselines=_baselines(values), suite=suite)
        return _started(made)


class OpeningsView(APIView):
    """Openings of test splits; POST opens one for a training run. It is counted, recorded and never undone."""

    pagination_class = KeysetPagination

    @lists(OpeningOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return selectors.visible_openings(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=OpeningIn, responses={202: EvaluationStarted})
    @idempotent
    def post(self, request: Request) -> Response:
        values = read_body(OpeningIn, request)
        run = run_selectors.run_or_404(member_of(request), values["training_run"])
        planned, baselines = values.get("planned_openings"), _baselines(values)
        made = open_test_split.open_test_split(run, by=member_of(request), planned=planned, baselines=baselines)
        return _started(made)


def _baselines(values: dict[str, Any]) -> list[str] | None:
    baselines = values.get("baselines")
    return None if baselines is None else sorted(baselines)


def _started(evaluation: Evaluation) -> Response:
    order = evaluation.teacher_order
    return Response({"id": evaluation.pk, "job": evaluation.job_id or (order.job_id if order else None)}, status=202)


class EvaluationDetailView(APIView):
    """One evaluation with every metric, interval and difference."""

    @extend_schema(responses=EvaluationDetailOut)
    def get(self, request: Request, evaluation_id: UUID) -> Response:
        member = member_of(request)
        evaluation = selectors.evaluation_or_404(member, evaluation_id)
        context = {"with_texts": selectors.may_see_texts(member, evaluation.task)}
        return Response(EvaluationDetailOut(evaluation, context=context).data)


class EvaluationOutputsView(APIView):
    """Outputs of every system, with their scores. While an arena of the task is open, only leads read them."""

    pagination_class = OutputPages

    @lists(OutputOut, OutputQuery)
    def get(self, request: Request, query: dict[str, Any], evaluation_id: UUID) -> Rows:
        evaluation = selectors.evaluation_or_404(member_of(request), evaluation_id)
        selectors.require_texts(member_of(request), evaluation.task)
        return selectors.outputs(evaluation, system=query.get("system", ""))
