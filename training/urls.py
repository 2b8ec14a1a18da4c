"""Page addresses of training."""

from django.urls import path

from training.views import miniatures, runs, students

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
    path("students/", students.index, name="students"),
]
