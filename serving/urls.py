"""Page addresses of serving."""

from django.urls import path

from serving.views import panels, playground

app_name = "serving"
urlpatterns = [
    path("tasks/<slug:slug>/serving/", panels.task_panel, name="task"),
    path("tasks/<slug:slug>/serving/start/", panels.start, name="start"),
    path("tasks/<slug:slug>/serving/stop/", panels.stop, name="stop"),
    path("tasks/<slug:slug>/playground/", playground.page, name="playground"),
    path("tasks/<slug:slug>/playground/write/", playground.write, name="playground-write"),
    path("miniatures/<uuid:miniature_id>/serving/", panels.miniature_panel, name="miniature"),
    path("miniatures/<uuid:miniature_id>/promote/", panels.promote, name="promote"),
    path("miniatures/<uuid:miniature_id>/demote/", panels.demote, name="demote"),
]
