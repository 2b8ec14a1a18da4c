"""Page addresses of datasets."""

from django.urls import URLPattern, path

from review.pages import dataset_versions, datasets, exports

datasets_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/datasets/", datasets.index, name="datasets"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/revoke/", dataset_versions.revoke, name="revoke"),
    path("datasets/pull/snippets/", exports.snippets, name="export-snippets"),
    path("datasets/<slug:slug>/", datasets.detail, name="dataset"),
    path("datasets/<slug:slug>/counts/", datasets.counts, name="dataset-counts"),
    path("datasets/<slug:slug>/rows/", datasets.rows, name="dataset-rows"),
    path("datasets/<slug:slug>/freeze/", datasets.freeze, name="dataset-freeze"),
    path("datasets/<slug:slug>/v/<int:number>/", dataset_versions.version, name="dataset-version"),
    path("datasets/<slug:slug>/v/<int:number>/export/", exports.version_export, name="dataset-export"),
    path("datasets/<slug:slug>/diff/", dataset_versions.compare, name="dataset-compare"),
    path("datasets/<slug:slug>/diff/<int:older>/<int:newer>/", dataset_versions.diff, name="dataset-diff"),
]
