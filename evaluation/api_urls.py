"""API addresses of evaluation, under /api/v1/."""

from django.urls import path

from evaluation.api import evaluations, studies

urlpatterns = [
    path("evaluations/", evaluations.Evaluations.as_view(), name="api-evaluations"),
    path("evaluations/<uuid:evaluation_id>/", evaluations.EvaluationDetail.as_view(), name="api-evaluation"),
    path("evaluations/<uuid:evaluation_id>/outputs/", evaluations.Outputs.as_view(), name="api-evaluation-outputs"),
    path("studies/", studies.Studies.as_view(), name="api-studies"),
    path("studies/<uuid:study_id>/", studies.StudyDetail.as_view(), name="api-study"),
    path("studies/<uuid:study_id>/cells.csv", studies.StudyCells.as_view(), name="api-study-cells"),
    path("studies/<uuid:study_id>/record.json", studies.StudyRecord.as_view(), name="api-study-record"),
]
