"""API addresses of serving, under /api/v1/."""

from django.urls import path

from serving.api import promotions

urlpatterns = [
    path("serving/", promotions.Serving.as_view(), name="api-serving"),
    path("miniatures/<uuid:miniature_id>/promote/", promotions.Promote.as_view(), name="api-miniature-promote"),
    path("miniatures/<uuid:miniature_id>/demote/", promotions.Demote.as_view(), name="api-miniature-demote"),
]
