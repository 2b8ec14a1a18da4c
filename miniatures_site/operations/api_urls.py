"""API address of operations, under /api/v1/."""

from django.urls import path

from miniatures_site.operations import api

urlpatterns = [path("operations/", api.OperationsView.as_view(), name="api-operations")]
