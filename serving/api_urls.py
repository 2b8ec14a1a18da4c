"""API addresses of serving, under /api/v1/."""

from django.urls import path

from serving.costs import api as costs_api
from serving.promotions import api

urlpatterns = [
    path("tasks/<slug:slug>/costs/", costs_api.TaskCostsView.as_view(), name="api-task-costs"),
    path("serving/", api.ServingView.as_view(), name="api-serving"),
    path("miniatures/<uuid:miniature_id>/promote/", api.PromoteView.as_view(), name="api-miniature-promote"),
    path("miniatures/<uuid:miniature_id>/demote/", api.DemoteView.as_view(), name="api-miniature-demote"),
]
