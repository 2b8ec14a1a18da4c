"""Page addresses of evaluation."""

from django.urls import path

from evaluation import views

app_name = "evaluation"
urlpatterns = [
    path("tasks/<slug:slug>/evaluation/", views.index, name="list"),
    path("evaluations/<uuid:evaluation_id>/", views.detail, name="detail"),
    path("evaluations/of-run/<uuid:run_id>/start/", views.start, name="start"),
    path("evaluations/of-run/<uuid:run_id>/card/", views.card, name="card"),
]
