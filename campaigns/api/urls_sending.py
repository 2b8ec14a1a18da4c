"""API addresses of sending: webhooks."""

from django.urls import URLPattern, path

from campaigns.api import inbound, replies

sending_urls: list[URLPattern] = [
    path("inbound/miniatures/", inbound.Inbound.as_view(), name="api-inbound"),
    path("inbound/<slug:provider>/<slug:kind>/", inbound.provider_webhook, name="api-inbound-provider"),
    path("replies/", replies.Replies.as_view(), name="api-replies"),
    path("replies/<uuid:reply_id>/", replies.ReplyDetail.as_view(), name="api-reply"),
]
