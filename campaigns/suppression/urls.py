"""Page addresses of the suppression list."""

from django.urls import URLPattern, path

from campaigns.suppression import api, pages

suppression_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/suppression/", pages.index, name="suppressions"),
    path("tasks/<slug:slug>/suppression/search/", pages.search, name="suppression-search"),
    path("tasks/<slug:slug>/suppression/lift/", pages.lift_entry, name="suppression-lift"),
]


suppression_api_urls: list[URLPattern] = [
    path("suppressions/", api.SuppressionListView.as_view(), name="api-suppressions"),
    path("suppressions/lift/", api.SuppressionLiftView.as_view(), name="api-suppression-lift"),
]
