"""API addresses of evaluation, under /api/v1/."""

from django.urls import path

from evaluation import api

urlpatterns = [
    path("evaluations/", api.Evaluations.as_view(), name="api-evaluations"),
    path("evaluations/<uuid:evaluation_id>/", api.EvaluationDetail.as_view(), name="api-evaluation"),
    path("evaluations/<uuid:evaluation_id>/outputs/", api.Outputs.as_view(), name="api-evaluation-outputs"),
]
