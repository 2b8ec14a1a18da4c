"""Page addresses of the suppression list."""

from django.urls import URLPattern, path

from campaigns.suppression import api, pages

suppression_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/suppression/", pages.index, name="suppressions"),
    path("tasks/<slug:slug>/suppression/search/", pages.search, name="suppression-search"),
]


suppression_api_urls: list[URLPattern] = [
    path("suppressions/", api.SuppressionListView.as_view(), name="api-suppressions"),
]
