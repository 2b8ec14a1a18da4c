"""Page addresses of choosing among drafts, of asking a teacher again, and of guidelines."""

from django.urls import URLPattern, path

from review.pages import choose, guidelines, revise

asking_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/choose/", choose.choose, name="choose"),
    path("review/drafts/<uuid:draft_id>/ask/", revise.ask, name="ask"),
    path("review/revisions/<uuid:request_id>/restore/", revise.restore, name="restore"),
    path("tasks/<slug:slug>/review/guidelines/", guidelines.page, name="guidelines"),
    path("tasks/<slug:slug>/review/guidelines/<uuid:draft_id>/", guidelines.show, name="show-example"),
]
