"""API address of the trail, under /api/v1/."""

from django.urls import path

from audit.browse import api

urlpatterns = [path("audit/", api.TrailView.as_view(), name="api-audit")]
