"""API addresses of datasets."""

from django.urls import URLPattern, path

from review.api import datasets, rows, selections

datasets_urls: list[URLPattern] = [
    path("datasets/", datasets.Datasets.as_view(), name="api-datasets"),
    path("datasets/<slug:slug>/", datasets.DatasetDetail.as_view(), name="api-dataset"),
    path("datasets/<slug:slug>/versions/", datasets.Versions.as_view(), name="api-dataset-versions"),
    path("datasets/<slug:slug>/preview/", selections.Preview.as_view(), name="api-dataset-preview"),
    path("drafts/<uuid:draft_id>/revocation/", selections.RevocationView.as_view(), name="api-revocation"),
    path(
        "dataset-versions/<uuid:version_id>/diff/<uuid:other_id>/",
        selections.VersionDiff.as_view(),
        name="api-version-diff",
    ),
    path("dataset-versions/raw.schema.json", rows.RawSchema.as_view(), name="api-raw-schema"),
    path("dataset-versions/<uuid:version_id>/", datasets.VersionDetail.as_view(), name="api-dataset-version"),
    path("dataset-versions/<uuid:version_id>/rows.jsonl", rows.RowsJsonl.as_view(), name="api-rows"),
    path("dataset-versions/<uuid:version_id>/rows.parquet", rows.RowsParquet.as_view(), name="api-rows-parquet"),
    path("dataset-versions/<uuid:version_id>/rows/", rows.Rows.as_view(), name="api-rows-page"),
]
