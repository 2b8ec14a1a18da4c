"""Page addresses of choosing among drafts, of asking a teacher again, and of guidelines."""

from django.urls import URLPattern, path

from review.pages import choose

asking_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/choose/", choose.choose, name="choose"),
]
