"""Page addresses of the team's side of the desk."""

from django.urls import URLPattern, path

from review.adjudication import api as adjudication_api
from review.adjudication.agreement import api, pages
from review.adjudication.desk_settings import api as desk_settings_api
from review.adjudication.desk_settings import pages as desk_settings_pages
from review.adjudication.known_answers import api as known_answers_api
from review.adjudication.reviewers import pages as reviewers_pages
from review.desk.comments import api, pages

lead_page_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/settings/", desk_settings_pages.settings_page, name="desk-settings"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/known/", desk_settings_pages.know, name="known-answer"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/comments/", pages.write, name="comments"),
    path("mentions/", pages.mentions, name="mentions"),
]


agreement_api_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/agreement/", api.AgreementView.as_view(), name="api-agreement"),
    path("tasks/<slug:slug>/reviewers/", api.ReviewersView.as_view(), name="api-reviewers"),
    path("tasks/<slug:slug>/reviewers/<str:username>/", api.ReviewerView.as_view(), name="api-reviewer"),
]


lead_api_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/desk-settings/", desk_settings_api.DeskSettingsView.as_view(), name="api-desk-settings"),
    path("tasks/<slug:slug>/assigned-cards/", desk_settings_api.AssignedCardsView.as_view(), name="api-assigned-cards"),
    path(
        "tasks/<slug:slug>/assigned-cards/<str:username>/",
        desk_settings_api.AssignedCardsOfView.as_view(),
        name="api-assigned-cards-of",
    ),
    path("tasks/<slug:slug>/known-answers/", known_answers_api.KnownAnswersView.as_view(), name="api-known-answers"),
    path("known-answers/<uuid:known_id>/", known_answers_api.KnownAnswerView.as_view(), name="api-known-answer"),
    path("drafts/<uuid:draft_id>/comments/", api.CommentsView.as_view(), name="api-comments"),
    path("drafts/<uuid:draft_id>/send-back/", adjudication_api.SendBackView.as_view(), name="api-send-back"),
    path("comments/<uuid:comment_id>/", api.CommentView.as_view(), name="api-comment"),
    path("mentions/", api.MentionsView.as_view(), name="api-mentions"),
    path("mentions/read/", api.MentionsReadView.as_view(), name="api-mentions-read"),
]


agreement_page_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/agreement/", pages.page, name="agreement"),
    path("tasks/<slug:slug>/review/reviewers/", reviewers_pages.index, name="reviewers"),
    path("tasks/<slug:slug>/review/reviewers/<str:username>/", reviewers_pages.detail, name="reviewer"),
]
