"""Page addresses of training."""

from django.urls import path

from training.views import exports, host_prices, miniatures, runs, students, sweeps, watch

app_name = "training"
urlpatterns = [
    path("tasks/<slug:slug>/training/", runs.index, name="list"),
    path("tasks/<slug:slug>/training/recipe/", runs.recipe, name="recipe"),
    path("tasks/<slug:slug>/training/estimate/", runs.estimate, name="estimate"),
    path("tasks/<slug:slug>/training/compare/", runs.compare, name="compare"),
    path("training/<uuid:run_id>/", runs.run, name="run"),
    path("training/<uuid:run_id>/outcome/", runs.outcome, name="run-outcome"),
    path("tasks/<slug:slug>/miniatures/", miniatures.index, name="miniatures"),
    path("miniatures/<uuid:miniature_id>/", miniatures.detail, name="miniature"),
    path("miniatures/<uuid:miniature_id>/write/", miniatures.write, name="miniature-write"),
    path("miniatures/<uuid:miniature_id>/write/<uuid:job_id>/", miniatures.writing_part, name="miniature-writing"),
    path("miniatures/<uuid:miniature_id>/adapter.zip", miniatures.archive, name="miniature-archive"),
    path("miniatures/<uuid:miniature_id>/exports/", exports.exports, name="miniature-exports"),
    path("miniatures/<uuid:miniature_id>/exports/<slug:target>/", exports.download, name="miniature-export"),
    path("students/", students.index, name="students"),
    path("tasks/<slug:slug>/sweeps/", sweeps.index, name="sweeps"),
    path("tasks/<slug:slug>/sweeps/estimate/", sweeps.estimate, name="sweep-estimate"),
    path("sweeps/<uuid:sweep_id>/", sweeps.sweep, name="sweep"),
    path("sweeps/<uuid:sweep_id>/cells/", sweeps.progress, name="sweep-progress"),
    path("sweeps/<uuid:sweep_id>/cells.csv", sweeps.cells_csv, name="sweep-csv"),
    path("sweeps/<uuid:sweep_id>/keep/", sweeps.keep, name="sweep-keep"),
    path("training/follow/<uuid:job_id>/", watch.follow, name="follow"),
    path("host-prices/", host_prices.index, name="host-prices"),
    path("host-prices/<int:host_price_id>/remove/", host_prices.remove, name="host-price-remove"),
]
