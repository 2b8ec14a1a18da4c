"""Addresses of the list of drafts and of acts on many: pages, and the API under /api/v1/."""

from django.urls import URLPattern, path

from review.bulk import api, list_pages, pages

bulk_page_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/list/", list_pages.list_page, name="desk-list"),
    path("tasks/<slug:slug>/review/bulk/", pages.bulk_page, name="bulk"),
    path("tasks/<slug:slug>/review/bulk/<uuid:act_id>/undo/", pages.undo, name="bulk-undo"),
    path("tasks/<slug:slug>/review/alike/", list_pages.clusters_page, name="clusters"),
    path("tasks/<slug:slug>/review/alike/<uuid:draft_id>/", list_pages.similar_page, name="similar"),
    path("review/drafts/<uuid:draft_id>/approved/", list_pages.approved_page, name="approved"),
]


bulk_api_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/bulk/preview/", api.PreviewView.as_view(), name="api-bulk-preview"),
    path("tasks/<slug:slug>/bulk/", api.BulkView.as_view(), name="api-bulk"),
    path("bulk/<uuid:act_id>/undo/", api.UndoView.as_view(), name="api-bulk-undo"),
    path("drafts/<uuid:draft_id>/similar/", api.SimilarView.as_view(), name="api-similar"),
    path("drafts/<uuid:draft_id>/repeated/", api.RepeatedView.as_view(), name="api-repeated"),
]
