"""Page addresses of replies, and the addresses that mail providers call."""

from django.urls import URLPattern, path

from campaigns.replies import api, pages, unmatched_api, webhook_api

replies_urls: list[URLPattern] = [
    path("campaigns/replies/<uuid:reply_id>/meaning/", pages.correct, name="reply-meaning"),
    path("campaigns/replies/unmatched/<uuid:unmatched_id>/", pages.settle, name="unmatched-settle"),
    path("campaigns/<slug:slug>/replies/", pages.index, name="replies"),
]


replies_api_urls: list[URLPattern] = [
    path("inbound/miniatures/", webhook_api.InboundView.as_view(), name="api-inbound"),
    path("inbound/<slug:provider>/<slug:kind>/", webhook_api.provider_webhook, name="api-inbound-provider"),
    path("replies/", api.ReplyListView.as_view(), name="api-replies"),
    path("replies/unmatched/", unmatched_api.UnmatchedListView.as_view(), name="api-unmatched"),
    path(
        "replies/unmatched/<uuid:unmatched_id>/attach/",
        unmatched_api.AttachView.as_view(),
        name="api-unmatched-attach",
    ),
    path(
        "replies/unmatched/<uuid:unmatched_id>/set-aside/",
        unmatched_api.SetAsideView.as_view(),
        name="api-unmatched-set-aside",
    ),
    path("replies/<uuid:reply_id>/", api.ReplyView.as_view(), name="api-reply"),
]
