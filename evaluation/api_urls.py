"""API addresses of evaluation, under /api/v1/."""

from django.urls import path

from evaluation.arena import api as arena_api
from evaluation.evaluations import api
from evaluation.gates import api as gates_api
from evaluation.judging import api as judging_api
from evaluation.studies import api as studies_api
from evaluation.suites import api as suites_api

urlpatterns = [
    path("evaluations/", api.EvaluationsView.as_view(), name="api-evaluations"),
    path("evaluations/<uuid:evaluation_id>/", api.EvaluationDetailView.as_view(), name="api-evaluation"),
    path(
        "evaluations/<uuid:evaluation_id>/outputs/", api.EvaluationOutputsView.as_view(), name="api-evaluation-outputs"
    ),
    path("evaluations/<uuid:evaluation_id>/gate/", gates_api.EvaluationGateView.as_view(), name="api-evaluation-gate"),
    path("suites/", suites_api.SuitesView.as_view(), name="api-suites"),
    path("gates/", gates_api.GatesView.as_view(), name="api-gates"),
    path("test-openings/", api.OpeningsView.as_view(), name="api-test-openings"),
    path(
        "evaluations/<uuid:evaluation_id>/judgings/",
        judging_api.EvaluationJudgingsView.as_view(),
        name="api-evaluation-judgings",
    ),
    path(
        "evaluations/<uuid:evaluation_id>/judgings/price/",
        judging_api.EvaluationJudgingPriceView.as_view(),
        name="api-evaluation-judging-price",
    ),
    path("arenas/", arena_api.ArenasView.as_view(), name="api-arenas"),
    path("arenas/<uuid:arena_id>/", arena_api.ArenaDetailView.as_view(), name="api-arena"),
    path("arenas/<uuid:arena_id>/close/", arena_api.ArenaCloseView.as_view(), name="api-arena-close"),
    path("arenas/<uuid:arena_id>/next/", arena_api.NextPairView.as_view(), name="api-arena-next"),
    path("arenas/<uuid:arena_id>/votes/", arena_api.VotesView.as_view(), name="api-arena-votes"),
    path(
        "evaluations/<uuid:evaluation_id>/comparisons/",
        judging_api.EvaluationComparisonsView.as_view(),
        name="api-evaluation-comparisons",
    ),
    path(
        "evaluations/<uuid:evaluation_id>/comparisons/price/",
        judging_api.EvaluationComparisonPriceView.as_view(),
        name="api-evaluation-comparison-price",
    ),
    path("studies/", studies_api.StudiesView.as_view(), name="api-studies"),
    path("tasks/<slug:slug>/paper/", studies_api.PaperView.as_view(), name="api-study-paper"),
    path("studies/<uuid:study_id>/", studies_api.StudyDetailView.as_view(), name="api-study"),
    path("studies/<uuid:study_id>/cells.csv", studies_api.StudyCellsView.as_view(), name="api-study-cells"),
    path("studies/<uuid:study_id>/record.json", studies_api.StudyRecordView.as_view(), name="api-study-record"),
]
