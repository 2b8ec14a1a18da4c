"""Page addresses of the desk."""

from django.urls import URLPattern, path

from review.pages import desk

desk_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/", desk.focus_page, name="focus"),
    path("tasks/<slug:slug>/review/list/", desk.list_page, name="desk-list"),
    path("tasks/<slug:slug>/review/drafts/<uuid:candidate_id>/", desk.draft_page, name="draft"),
    path("tasks/<slug:slug>/review/decisions/", desk.decisions_page, name="decisions"),
    path("tasks/<slug:slug>/review/decisions/reopen/", desk.reopen, name="reopen"),
]
