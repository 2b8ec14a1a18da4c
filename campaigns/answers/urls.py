"""Addresses of answers to replies."""

from django.urls import URLPattern, path

from campaigns.answers import pages

answers_urls: list[URLPattern] = [
    path("campaigns/replies/<uuid:reply_id>/answer/", pages.answer, name="answer"),
    path("campaigns/<slug:slug>/replies/tasks/", pages.inbox_setup, name="inbox"),
    path("campaigns/replies/<uuid:reply_id>/answer/draft/", pages.draft, name="answer-draft"),
    path("campaigns/replies/<uuid:reply_id>/answer/send/", pages.send, name="answer-send"),
    path("campaigns/replies/<uuid:reply_id>/answer/take-back/", pages.take_back, name="answer-take-back"),
    path("campaigns/replies/<uuid:reply_id>/answer/settle/", pages.settle, name="answer-settle"),
]
