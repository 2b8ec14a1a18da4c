"""Page addresses of sources."""

from django.urls import URLPattern, path

from review.pages import samples, sources, sources_judged

sources_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/sources/", sources.index, name="sources"),
    path("tasks/<slug:slug>/sources/import/", sources.upload, name="import"),
    path("tasks/<slug:slug>/sources/sample/", samples.companies, name="sample"),
    path("tasks/<slug:slug>/sources/import/<slug:name>/verdicts/", sources_judged.columns, name="import-judged"),
    path("tasks/<slug:slug>/sources/import/<slug:name>/", sources.columns, name="import-columns"),
    path("sources/<uuid:pk>/", sources.detail, name="source"),
]
