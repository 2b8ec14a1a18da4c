"""Page addresses of sending: tracking, unsubscribing, replies, the local mailbox."""

from django.urls import URLPattern, path

from campaigns.mails import settle_pages
from campaigns.replies import api, webhook_api
from campaigns.replies import pages as replies_pages
from campaigns.tracking import pages as tracking_pages
from demo.mailbox import pages

sending_urls: list[URLPattern] = [
    path("t/c/<slug:token>", tracking_pages.click, name="click"),
    path("t/o/<slug:token>.gif", tracking_pages.opened, name="open"),
    path("u/<slug:token>", tracking_pages.unsubscribe, name="unsubscribe"),
    path("mailbox/", pages.index, name="mailbox"),
    path("mailbox/<slug:name>/", pages.mail, name="mailbox-mail"),
    path("mailbox/<slug:name>/answer/", pages.answer, name="mailbox-answer"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/settle/", settle_pages.settle, name="mail-settle"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/mailbox/", settle_pages.in_mailbox, name="mail-in-mailbox"),
    path("campaigns/replies/<uuid:reply_id>/meaning/", replies_pages.correct, name="reply-meaning"),
    path("campaigns/<slug:slug>/replies/", replies_pages.index, name="replies"),
]


sending_api_urls: list[URLPattern] = [
    path("inbound/miniatures/", webhook_api.InboundView.as_view(), name="api-inbound"),
    path("inbound/<slug:provider>/<slug:kind>/", webhook_api.provider_webhook, name="api-inbound-provider"),
    path("replies/", api.ReplyListView.as_view(), name="api-replies"),
    path("replies/<uuid:reply_id>/", api.ReplyView.as_view(), name="api-reply"),
]
