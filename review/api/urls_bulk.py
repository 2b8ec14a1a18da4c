"""API addresses of acts on many drafts."""

from django.urls import URLPattern, path

from review.api import bulk

bulk_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/bulk/preview/", bulk.PreviewView.as_view(), name="api-bulk-preview"),
    path("tasks/<slug:slug>/bulk/", bulk.BulkView.as_view(), name="api-bulk"),
    path("bulk/<uuid:act_id>/undo/", bulk.UndoView.as_view(), name="api-bulk-undo"),
    path("drafts/<uuid:draft_id>/similar/", bulk.SimilarView.as_view(), name="api-similar"),
    path("drafts/<uuid:draft_id>/repeated/", bulk.RepeatedView.as_view(), name="api-repeated"),
]
