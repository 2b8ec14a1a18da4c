"""Page addresses of the list of drafts."""

from django.urls import URLPattern, path

from review.pages import alike, bulk, drafts

list_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/list/", drafts.list_page, name="desk-list"),
    path("tasks/<slug:slug>/review/bulk/", bulk.bulk_page, name="bulk"),
    path("tasks/<slug:slug>/review/bulk/<uuid:act_id>/undo/", bulk.undo, name="bulk-undo"),
    path("tasks/<slug:slug>/review/alike/", alike.clusters_page, name="clusters"),
    path("tasks/<slug:slug>/review/alike/<uuid:draft_id>/", alike.similar_page, name="similar"),
]
