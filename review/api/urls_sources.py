"""API addresses of sources and records."""

from django.urls import URLPattern, path

from review.api import sources

sources_urls: list[URLPattern] = [
    path("sources/", sources.SourcesView.as_view(), name="api-sources"),
    path("sources/<uuid:pk>/", sources.SourceView.as_view(), name="api-source"),
    path("records/", sources.RecordsView.as_view(), name="api-records"),
    path("records/<uuid:pk>/", sources.RecordView.as_view(), name="api-record"),
]
