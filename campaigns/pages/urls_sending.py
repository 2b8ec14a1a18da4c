"""Page addresses of sending: tracking, unsubscribing, replies, the local mailbox."""

from django.urls import URLPattern, path

from campaigns.pages import doubts, mailbox, replies, tracking

sending_urls: list[URLPattern] = [
    path("t/c/<slug:token>", tracking.click, name="click"),
    path("t/o/<slug:token>.gif", tracking.opened, name="open"),
    path("u/<slug:token>", tracking.unsubscribe, name="unsubscribe"),
    path("mailbox/", mailbox.index, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox.mail, name="mailbox-mail"),
    path("mailbox/<slug:name>/answer/", mailbox.answer, name="mailbox-answer"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/settle/", doubts.settle, name="mail-settle"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/mailbox/", doubts.in_mailbox, name="mail-in-mailbox"),
    path("campaigns/replies/<uuid:reply_id>/meaning/", replies.correct, name="reply-meaning"),
    path("campaigns/<slug:slug>/replies/", replies.index, name="replies"),
]
