"""Addresses of the desk and of drafts: pages, and the API under /api/v1/."""

from django.urls import URLPattern, path

from review.desk import api, pages
from review.desk.comments import api as comments_api
from review.desk.comments import pages as comments_pages
from review.desk.guidelines import pages as guidelines_pages
from review.desk.preferences import api as preferences_api
from review.desk.preferences import pages as preferences_pages
from review.desk.revisions import api as revisions_api
from review.desk.revisions import pages as revisions_pages
from review.drafts import api as drafts_api

desk_page_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/", pages.focus_page, name="focus"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/", pages.draft_page, name="draft"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/comments/", comments_pages.write, name="comments"),
    path("review/drafts/<uuid:draft_id>/history/", comments_pages.history, name="history"),
    path("mentions/", comments_pages.mentions, name="mentions"),
    path("review/drafts/<uuid:draft_id>/text/", pages.draft_text, name="draft-text"),
    path("tasks/<slug:slug>/review/decisions/", pages.decisions_page, name="decisions"),
    path("tasks/<slug:slug>/review/decisions/reopen/", pages.reopen, name="reopen"),
]


asking_api_urls: list[URLPattern] = [
    path(
        "desk/<slug:slug>/preferences/next/", preferences_api.NextPreferenceView.as_view(), name="api-next-preference"
    ),
    path("tasks/<slug:slug>/preferences/", preferences_api.PreferencesView.as_view(), name="api-preferences"),
    path("drafts/<uuid:draft_id>/writers/", revisions_api.WritersView.as_view(), name="api-writers"),
    path("drafts/<uuid:draft_id>/revisions/", revisions_api.AskView.as_view(), name="api-ask"),
    path("desk/<slug:slug>/revisions/", revisions_api.OnTheirWayView.as_view(), name="api-revisions"),
    path("revisions/<uuid:request_id>/", revisions_api.RevisionView.as_view(), name="api-revision"),
    path("revisions/<uuid:request_id>/restore/", revisions_api.RestoreView.as_view(), name="api-restore"),
]


desk_api_urls: list[URLPattern] = [
    path("drafts/", drafts_api.DraftsView.as_view(), name="api-drafts"),
    path("drafts/<uuid:draft_id>/", drafts_api.DraftView.as_view(), name="api-draft"),
    path("drafts/<uuid:draft_id>/decisions/", api.DecisionsView.as_view(), name="api-decisions"),
    path("drafts/<uuid:draft_id>/set-aside/", api.SetAsideView.as_view(), name="api-set-aside"),
    path("drafts/<uuid:draft_id>/hold/", api.HoldView.as_view(), name="api-hold"),
    path("drafts/<uuid:draft_id>/check/", api.CheckView.as_view(), name="api-check"),
    path("drafts/<uuid:draft_id>/unfinished/", api.UnfinishedView.as_view(), name="api-unfinished"),
    path("drafts/<uuid:draft_id>/comments/", comments_api.CommentsView.as_view(), name="api-comments"),
    path("comments/<uuid:comment_id>/", comments_api.CommentView.as_view(), name="api-comment"),
    path("mentions/", comments_api.MentionsView.as_view(), name="api-mentions"),
    path("mentions/read/", comments_api.MentionsReadView.as_view(), name="api-mentions-read"),
    path("desk/keys/", api.KeysView.as_view(), name="api-desk-keys"),
    path("desk/release/", api.ReleaseView.as_view(), name="api-release"),
    path("desk/<slug:task_slug>/deck/", api.DeckView.as_view(), name="api-deck"),
]


asking_page_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/choose/", preferences_pages.choose, name="choose"),
    path("review/drafts/<uuid:draft_id>/ask/", revisions_pages.ask, name="ask"),
    path("review/revisions/<uuid:request_id>/restore/", revisions_pages.restore, name="restore"),
    path("tasks/<slug:slug>/review/guidelines/", guidelines_pages.page, name="guidelines"),
    path("tasks/<slug:slug>/review/guidelines/<uuid:draft_id>/", guidelines_pages.show, name="show-example"),
]
