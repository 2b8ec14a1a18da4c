"""Addresses of sources and records: pages, and the API under /api/v1/."""

from django.urls import URLPattern, path

from review.sources import api, log_pages, pages, row_pages, verdict_pages

source_page_urls: list[URLPattern] = [
    path("tasks/new/from-log/", log_pages.upload, name="from-log"),
    path("tasks/new/from-log/<slug:name>/", log_pages.found, name="from-log-found"),
    path("tasks/new/rows/", row_pages.bring, name="own-rows"),
    path("tasks/new/rows/<slug:name>/", row_pages.found, name="own-rows-found"),
    path("tasks/<slug:slug>/sources/", pages.index, name="sources"),
    path("tasks/<slug:slug>/sources/import/", pages.upload, name="import"),
    path("tasks/<slug:slug>/sources/sample/", pages.sample, name="sample"),
    path("tasks/<slug:slug>/sources/claims/", pages.claims, name="claim-records"),
    path("tasks/<slug:slug>/sources/judge/", pages.judge, name="judge-records"),
    path("tasks/<slug:slug>/sources/import/<slug:name>/verdicts/", verdict_pages.columns, name="import-judged"),
    path("tasks/<slug:slug>/sources/import/<slug:name>/", pages.columns, name="import-columns"),
    path("sources/<uuid:pk>/", pages.detail, name="source"),
]


source_api_urls: list[URLPattern] = [
    path("sources/", api.SourcesView.as_view(), name="api-sources"),
    path("sources/<uuid:pk>/", api.SourceView.as_view(), name="api-source"),
    path("records/", api.RecordsView.as_view(), name="api-records"),
    path("records/<uuid:pk>/", api.RecordView.as_view(), name="api-record"),
]
