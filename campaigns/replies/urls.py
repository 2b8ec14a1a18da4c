"""Page addresses of replies, and the addresses that mail providers call."""

from django.urls import URLPattern, path

from campaigns.replies import api, pages, webhook_api

replies_urls: list[URLPattern] = [
    path("campaigns/replies/<uuid:reply_id>/meaning/", pages.correct, name="reply-meaning"),
    path("campaigns/<slug:slug>/replies/", pages.index, name="replies"),
]


replies_api_urls: list[URLPattern] = [
    path("inbound/miniatures/", webhook_api.InboundView.as_view(), name="api-inbound"),
    path("inbound/<slug:provider>/<slug:kind>/", webhook_api.provider_webhook, name="api-inbound-provider"),
    path("replies/", api.ReplyListView.as_view(), name="api-replies"),
    path("replies/<uuid:reply_id>/", api.ReplyView.as_view(), name="api-reply"),
]
