"""API addresses of training, under /api/v1/."""

from django.urls import path

from training.api import exports, miniatures, runs, sweeps

urlpatterns = [
    path("students/", runs.Students.as_view(), name="api-students"),
    path("recipes/", runs.Recipes.as_view(), name="api-recipes"),
    path("training-runs/", runs.Runs.as_view(), name="api-training-runs"),
    path("training-runs/estimate/", runs.Estimate.as_view(), name="api-training-estimate"),
    path("training-runs/<uuid:run_id>/", runs.RunDetail.as_view(), name="api-training-run"),
    path("training-runs/<uuid:run_id>/metrics/", runs.RunMetrics.as_view(), name="api-training-metrics"),
    path("miniatures/", miniatures.Miniatures.as_view(), name="api-miniatures"),
    path("miniatures/<uuid:miniature_id>/", miniatures.MiniatureDetail.as_view(), name="api-miniature"),
    path("miniatures/<uuid:miniature_id>/adapter.zip", miniatures.Archive.as_view(), name="api-miniature-archive"),
    path("miniatures/<uuid:miniature_id>/exports/", exports.Exports.as_view(), name="api-miniature-exports"),
    path(
        "miniatures/<uuid:miniature_id>/exports/<slug:target>/",
        exports.ExportFile.as_view(),
        name="api-miniature-export",
    ),
    path("miniatures/<uuid:miniature_id>/write/", miniatures.Write.as_view(), name="api-miniature-write"),
    path("sweeps/", sweeps.Sweeps.as_view(), name="api-sweeps"),
    path("sweeps/estimate/", sweeps.SweepEstimate.as_view(), name="api-sweep-estimate"),
    path("sweeps/<uuid:sweep_id>/", sweeps.SweepDetail.as_view(), name="api-sweep"),
    path("sweeps/<uuid:sweep_id>/cells.csv", sweeps.SweepCells.as_view(), name="api-sweep-cells"),
    path("sweeps/<uuid:sweep_id>/keep/", sweeps.SweepKeep.as_view(), name="api-sweep-keep"),
]
