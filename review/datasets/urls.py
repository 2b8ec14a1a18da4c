"""Addresses of datasets: pages, and the API under /api/v1/."""

from django.urls import URLPattern, path

from review.datasets import api, pages, rows_api, selection_api, version_pages
from review.datasets.recalls import api as recalls_api
from review.datasets.recalls import pages as recalls_pages

dataset_page_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/datasets/", pages.index, name="datasets"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/revoke/", version_pages.revoke, name="revoke"),
    path("tasks/<slug:slug>/recalls/", recalls_pages.index, name="recalls"),
    path("recalls/<uuid:recall_id>/", recalls_pages.detail, name="recall"),
    path("recalls/<uuid:recall_id>/undo/", recalls_pages.undo_page, name="recall-undo"),
    path("datasets/pull/snippets/", pages.snippets, name="export-snippets"),
    path("datasets/<slug:slug>/", pages.detail, name="dataset"),
    path("datasets/<slug:slug>/counts/", pages.counts, name="dataset-counts"),
    path("datasets/<slug:slug>/rows/", pages.rows, name="dataset-rows"),
    path("datasets/<slug:slug>/doubtful/", pages.doubtful_golds, name="dataset-doubtful"),
    path("datasets/<slug:slug>/freeze/", pages.freeze, name="dataset-freeze"),
    path("datasets/<slug:slug>/v/<int:number>/", version_pages.version, name="dataset-version"),
    path("datasets/<slug:slug>/v/<int:number>/export/", pages.version_export, name="dataset-export"),
    path("datasets/<slug:slug>/diff/", version_pages.compare, name="dataset-compare"),
    path("datasets/<slug:slug>/diff/<int:older>/<int:newer>/", version_pages.diff, name="dataset-diff"),
]


dataset_api_urls: list[URLPattern] = [
    path("datasets/", api.DatasetsView.as_view(), name="api-datasets"),
    path("datasets/<slug:slug>/", api.DatasetView.as_view(), name="api-dataset"),
    path("datasets/<slug:slug>/versions/", api.DatasetVersionsView.as_view(), name="api-dataset-versions"),
    path("datasets/<slug:slug>/preview/", selection_api.SelectionPreviewView.as_view(), name="api-dataset-preview"),
    path("datasets/<slug:slug>/doubtful/", selection_api.DoubtfulGoldsView.as_view(), name="api-dataset-doubtful"),
    path("drafts/<uuid:draft_id>/revocation/", selection_api.RevocationView.as_view(), name="api-revocation"),
    path("tasks/<slug:slug>/recalls/preview/", recalls_api.RecallPreviewView.as_view(), name="api-recall-preview"),
    path("tasks/<slug:slug>/recalls/", recalls_api.RecallsView.as_view(), name="api-recalls"),
    path("recalls/<uuid:recall_id>/", recalls_api.RecallView.as_view(), name="api-recall"),
    path("recalls/<uuid:recall_id>/undo/", recalls_api.RecallUndoView.as_view(), name="api-recall-undo"),
    path(
        "dataset-versions/<uuid:version_id>/diff/<uuid:other_id>/",
        selection_api.VersionDiffView.as_view(),
        name="api-version-diff",
    ),
    path("dataset-versions/raw.schema.json", rows_api.RawSchemaView.as_view(), name="api-raw-schema"),
    path("dataset-versions/<uuid:version_id>/", api.DatasetVersionView.as_view(), name="api-dataset-version"),
    path("dataset-versions/<uuid:version_id>/rows.jsonl", rows_api.RowsJsonlView.as_view(), name="api-rows"),
    path(
        "dataset-versions/<uuid:version_id>/rows.parquet", rows_api.RowsParquetView.as_view(), name="api-rows-parquet"
    ),
    path("dataset-versions/<uuid:version_id>/rows/", rows_api.RowsView.as_view(), name="api-rows-page"),
]
