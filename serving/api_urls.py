"""API addresses of serving, under /api/v1/."""

from django.urls import path

from serving.promotions import api

urlpatterns = [
    path("serving/", api.ServingView.as_view(), name="api-serving"),
    path("miniatures/<uuid:miniature_id>/promote/", api.PromoteView.as_view(), name="api-miniature-promote"),
    path("miniatures/<uuid:miniature_id>/demote/", api.DemoteView.as_view(), name="api-miniature-demote"),
]
