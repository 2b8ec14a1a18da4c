"""API addresses of choosing among drafts and of asking a teacher again."""

from django.urls import URLPattern, path

from review.api import preferences, revisions

asking_urls: list[URLPattern] = [
    path("desk/<slug:slug>/preferences/next/", preferences.NextPreferenceView.as_view(), name="api-next-preference"),
    path("tasks/<slug:slug>/preferences/", preferences.PreferencesView.as_view(), name="api-preferences"),
    path("drafts/<uuid:draft_id>/writers/", revisions.WritersView.as_view(), name="api-writers"),
    path("drafts/<uuid:draft_id>/revisions/", revisions.AskView.as_view(), name="api-ask"),
    path("desk/<slug:slug>/revisions/", revisions.OnTheirWayView.as_view(), name="api-revisions"),
    path("revisions/<uuid:request_id>/", revisions.RevisionView.as_view(), name="api-revision"),
    path("revisions/<uuid:request_id>/restore/", revisions.RestoreView.as_view(), name="api-restore"),
]
