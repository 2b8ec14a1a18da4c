"""Page addresses of training."""

from django.urls import path

from training.costs import pages as costs_pages
from training.exports import pages
from training.miniatures import pages as miniatures_pages
from training.notices import pages as notices_pages
from training.runs import pages as runs_pages
from training.students import pages as students_pages
from training.sweeps import pages as sweeps_pages

app_name = "training"
urlpatterns = [
    path("tasks/<slug:slug>/training/", runs_pages.index, name="list"),
    path("tasks/<slug:slug>/training/recipe/", runs_pages.recipe, name="recipe"),
    path("tasks/<slug:slug>/training/estimate/", runs_pages.estimate, name="estimate"),
    path("tasks/<slug:slug>/training/compare/", runs_pages.compare, name="compare"),
    path("training/<uuid:run_id>/", runs_pages.run, name="run"),
    path("training/<uuid:run_id>/outcome/", runs_pages.outcome, name="run-outcome"),
    path("tasks/<slug:slug>/miniatures/", miniatures_pages.index, name="miniatures"),
    path("miniatures/<uuid:miniature_id>/", miniatures_pages.detail, name="miniature"),
    path("miniatures/<uuid:miniature_id>/write/", miniatures_pages.write, name="miniature-write"),
    path(
        "miniatures/<uuid:miniature_id>/write/<uuid:job_id>/", miniatures_pages.writing_part, name="miniature-writing"
    ),
    path("miniatures/<uuid:miniature_id>/adapter.zip", miniatures_pages.archive, name="miniature-archive"),
    path("miniatures/<uuid:miniature_id>/exports/", pages.exports, name="miniature-exports"),
    path("miniatures/<uuid:miniature_id>/exports/<slug:target>/", pages.download, name="miniature-export"),
    path("miniatures/<uuid:miniature_id>/exports/<slug:target>/hub/", pages.send_to_hub, name="miniature-hub"),
    path("students/", students_pages.index, name="students"),
    path("students/download/", students_pages.download, name="student-download"),
    path("tasks/<slug:slug>/sweeps/", sweeps_pages.index, name="sweeps"),
    path("tasks/<slug:slug>/sweeps/estimate/", sweeps_pages.estimate, name="sweep-estimate"),
    path("sweeps/<uuid:sweep_id>/", sweeps_pages.sweep, name="sweep"),
    path("sweeps/<uuid:sweep_id>/cells/", sweeps_pages.progress, name="sweep-progress"),
    path("sweeps/<uuid:sweep_id>/cells.csv", sweeps_pages.cells_csv, name="sweep-csv"),
    path("sweeps/<uuid:sweep_id>/keep/", sweeps_pages.keep, name="sweep-keep"),
    path("training/follow/<uuid:job_id>/", notices_pages.follow, name="follow"),
    path("host-prices/", costs_pages.index, name="host-prices"),
    path("host-prices/<int:host_price_id>/remove/", costs_pages.remove, name="host-price-remove"),
]
