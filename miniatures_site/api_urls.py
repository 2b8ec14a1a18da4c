"""The API: each room's paths under /api/v1/."""

from django.urls import include, path

urlpatterns = [path("", include(f"{room}.api_urls")) for room in ("members", "jobs", "review", "generation", "training", "evaluation")]
