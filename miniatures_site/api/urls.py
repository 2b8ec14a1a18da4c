"""The API: each room's paths under /api/v1/."""

from django.urls import include, path

ROOMS = (
    "audit",
    "members",
    "jobs",
    "webhooks",
    "review",
    "generation",
    "training",
    "evaluation",
    "serving",
    "campaigns",
    "miniatures_site.operations",
)
urlpatterns = [path("", include(f"{room}.api_urls")) for room in ROOMS]
