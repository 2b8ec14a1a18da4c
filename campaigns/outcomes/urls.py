"""API addresses of outcomes."""

from django.urls import URLPattern, path

from campaigns.outcomes import api

outcomes_api_urls: list[URLPattern] = [path("outcomes/", api.OutcomeListView.as_view(), name="api-outcomes")]
