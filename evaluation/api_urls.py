"""API addresses of evaluation, under /api/v1/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
