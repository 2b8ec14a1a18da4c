"""Page addresses of evaluation."""

from django.urls import path

from evaluation.views import evaluations, studies

app_name = "evaluation"
urlpatterns = [
    path("tasks/<slug:slug>/evaluation/", evaluations.index, name="list"),
    path("evaluations/<uuid:evaluation_id>/", evaluations.detail, name="detail"),
    path("evaluations/of-run/<uuid:run_id>/start/", evaluations.start, name="start"),
    path("evaluations/of-run/<uuid:run_id>/card/", evaluations.card, name="card"),
    path("tasks/<slug:slug>/studies/", studies.index, name="studies"),
    path("tasks/<slug:slug>/studies/estimate/", studies.estimate, name="study-estimate"),
    path("studies/<uuid:study_id>/", studies.study, name="study"),
    path("studies/<uuid:study_id>/progress/", studies.progress, name="study-progress"),
    path("studies/<uuid:study_id>/cells.csv", studies.cells_csv, name="study-cells"),
    path("studies/<uuid:study_id>/record.json", studies.record_json, name="study-record"),
]
