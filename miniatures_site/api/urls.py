"""The API: each room's paths under /api/v1/."""

from django.urls import include, path

# The desk first: a pattern is tried after those above it.
ROOMS = (
    "review",
    "audit",
    "members",
    "jobs",
    "webhooks",
    "generation",
    "training",
    "evaluation",
    "serving",
    "campaigns",
    "miniatures_site.operations",
)
urlpatterns = [path("", include(f"{room}.api_urls")) for room in ROOMS]
