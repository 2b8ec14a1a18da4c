"""Addresses of reply patterns."""

from django.urls import URLPattern, path

from campaigns.reply_patterns import api, pages

reply_patterns_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/reply-patterns/", pages.reply_patterns_page, name="reply-patterns"),
]
reply_patterns_api_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/reply-patterns/", api.ReplyPatternsView.as_view(), name="api-reply-patterns"),
]
