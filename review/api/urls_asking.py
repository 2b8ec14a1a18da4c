"""API addresses of choosing among drafts and of asking a teacher again."""

from django.urls import URLPattern, path

from review.api import choices, revisions

asking_urls: list[URLPattern] = [
    path("desk/<slug:slug>/choices/next/", choices.NextChoiceView.as_view(), name="api-next-choice"),
    path("tasks/<slug:slug>/choices/", choices.ChoicesView.as_view(), name="api-choices"),
    path("drafts/<uuid:draft_id>/writers/", revisions.WritersView.as_view(), name="api-writers"),
    path("drafts/<uuid:draft_id>/revisions/", revisions.AskView.as_view(), name="api-ask"),
    path("desk/<slug:slug>/revisions/", revisions.OnTheirWayView.as_view(), name="api-revisions"),
    path("revisions/<uuid:request_id>/", revisions.RevisionView.as_view(), name="api-revision"),
    path("revisions/<uuid:request_id>/restore/", revisions.RestoreView.as_view(), name="api-restore"),
]
