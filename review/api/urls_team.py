"""API addresses of the team's side of a desk."""

from django.urls import URLPattern, path

from review.api import comments, desk_settings, known_answers, rulings

team_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/desk-settings/", desk_settings.DeskSettingsView.as_view(), name="api-desk-settings"),
    path("tasks/<slug:slug>/assigned-cards/", desk_settings.AssignedCardsView.as_view(), name="api-assigned-cards"),
    path(
        "tasks/<slug:slug>/assigned-cards/<str:username>/",
        desk_settings.AssignedCardsOfView.as_view(),
        name="api-assigned-cards-of",
    ),
    path("tasks/<slug:slug>/known-answers/", known_answers.KnownAnswersView.as_view(), name="api-known-answers"),
    path("known-answers/<uuid:known_id>/", known_answers.KnownAnswerView.as_view(), name="api-known-answer"),
    path("drafts/<uuid:draft_id>/comments/", comments.CommentsView.as_view(), name="api-comments"),
    path("drafts/<uuid:draft_id>/send-back/", rulings.SendBackView.as_view(), name="api-send-back"),
    path("comments/<uuid:comment_id>/", comments.CommentView.as_view(), name="api-comment"),
    path("mentions/", comments.MentionsView.as_view(), name="api-mentions"),
    path("mentions/read/", comments.MentionsReadView.as_view(), name="api-mentions-read"),
]
