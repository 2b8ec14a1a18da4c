"""Page addresses of the desk."""

from django.urls import URLPattern, path

from review.pages import desk, draft_text, rulings

desk_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/", desk.focus_page, name="focus"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/", desk.draft_page, name="draft"),
    path("review/drafts/<uuid:draft_id>/text/", draft_text.draft_text, name="draft-text"),
    path("tasks/<slug:slug>/review/decisions/", desk.decisions_page, name="decisions"),
    path("tasks/<slug:slug>/review/decisions/reopen/", desk.reopen, name="reopen"),
    path("tasks/<slug:slug>/review/late/", rulings.late, name="late"),
    path("tasks/<slug:slug>/review/disputed/", rulings.disputed, name="disputed"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/ruling/", rulings.act, name="ruling"),
]
