"""API addresses of choosing among drafts and of asking a teacher again."""

from django.urls import URLPattern, path

from review.api import choices

asking_urls: list[URLPattern] = [
    path("desk/<slug:slug>/choices/next/", choices.NextChoiceView.as_view(), name="api-next-choice"),
    path("tasks/<slug:slug>/choices/", choices.ChoicesView.as_view(), name="api-choices"),
]
