"""API addresses of training, under /api/v1/."""

from django.urls import path

from training.exports import api
from training.miniatures import api as miniatures_api
from training.runs import api as runs_api
from training.students import api as students_api
from training.sweeps import api as sweeps_api

urlpatterns = [
    path("students/", students_api.StudentsView.as_view(), name="api-students"),
    path("students/downloads/", students_api.DownloadsView.as_view(), name="api-student-downloads"),
    path("tasks/<slug:slug>/student-proposal/", runs_api.ProposalView.as_view(), name="api-student-proposal"),
    path("recipes/", runs_api.RecipesView.as_view(), name="api-recipes"),
    path("training-runs/", runs_api.RunsView.as_view(), name="api-training-runs"),
    path("training-runs/estimate/", runs_api.RunEstimateView.as_view(), name="api-training-estimate"),
    path("training-runs/<uuid:run_id>/", runs_api.RunDetailView.as_view(), name="api-training-run"),
    path("training-runs/<uuid:run_id>/metrics/", runs_api.RunMetricsView.as_view(), name="api-training-metrics"),
    path("miniatures/", miniatures_api.MiniaturesView.as_view(), name="api-miniatures"),
    path("miniatures/<uuid:miniature_id>/", miniatures_api.MiniatureDetailView.as_view(), name="api-miniature"),
    path(
        "miniatures/<uuid:miniature_id>/adapter.zip",
        miniatures_api.MiniatureArchiveView.as_view(),
        name="api-miniature-archive",
    ),
    path("miniatures/<uuid:miniature_id>/exports/", api.ExportsView.as_view(), name="api-miniature-exports"),
    path(
        "miniatures/<uuid:miniature_id>/exports/<slug:target>/",
        api.ExportFileView.as_view(),
        name="api-miniature-export",
    ),
    path(
        "miniatures/<uuid:miniature_id>/exports/<slug:target>/hub/",
        api.MiniatureHubView.as_view(),
        name="api-miniature-hub",
    ),
    path(
        "miniatures/<uuid:miniature_id>/write/", miniatures_api.MiniatureWriteView.as_view(), name="api-miniature-write"
    ),
    path("sweeps/", sweeps_api.SweepsView.as_view(), name="api-sweeps"),
    path("sweeps/estimate/", sweeps_api.SweepEstimateView.as_view(), name="api-sweep-estimate"),
    path("sweeps/<uuid:sweep_id>/", sweeps_api.SweepDetailView.as_view(), name="api-sweep"),
    path("sweeps/<uuid:sweep_id>/cells.csv", sweeps_api.SweepCellsView.as_view(), name="api-sweep-cells"),
    path("sweeps/<uuid:sweep_id>/keep/", sweeps_api.SweepKeepView.as_view(), name="api-sweep-keep"),
]
