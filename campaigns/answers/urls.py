"""Addresses of answers to replies."""

from django.urls import URLPattern, path

from campaigns.answers import api, pages

answers_urls: list[URLPattern] = [
    path("campaigns/replies/<uuid:reply_id>/answer/", pages.answer, name="answer"),
    path("campaigns/<slug:slug>/replies/tasks/", pages.inbox_setup, name="inbox"),
    path("campaigns/replies/<uuid:reply_id>/answer/draft/", pages.draft, name="answer-draft"),
    path("campaigns/replies/<uuid:reply_id>/answer/send/", pages.send, name="answer-send"),
    path("campaigns/replies/<uuid:reply_id>/answer/take-back/", pages.take_back, name="answer-take-back"),
    path("campaigns/replies/<uuid:reply_id>/answer/settle/", pages.settle, name="answer-settle"),
]


answers_api_urls: list[URLPattern] = [
    path("answers/", api.InboxAnswerListView.as_view(), name="api-answers"),
    path("campaigns/<slug:slug>/inbox/", api.InboxSetupView.as_view(), name="api-inbox"),
    path("replies/<uuid:reply_id>/answer/", api.InboxAnswerView.as_view(), name="api-answer"),
    path("replies/<uuid:reply_id>/answer/draft/", api.InboxAnswerDraftView.as_view(), name="api-answer-draft"),
    path("replies/<uuid:reply_id>/answer/send/", api.InboxAnswerSendView.as_view(), name="api-answer-send"),
    path("replies/<uuid:reply_id>/answer/settle/", api.InboxAnswerSettleView.as_view(), name="api-answer-settle"),
]
