"""API address of the trail, under /api/v1/."""

from django.urls import path

from audit import api

urlpatterns = [path("audit/", api.Trail.as_view(), name="api-audit")]
