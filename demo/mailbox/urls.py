"""Page addresses of the local mailbox."""

from django.urls import URLPattern, path

from demo.mailbox import pages

mailbox_urls: list[URLPattern] = [
    path("mailbox/", pages.index, name="mailbox"),
    path("mailbox/<slug:name>/", pages.mail, name="mailbox-mail"),
    path("mailbox/<slug:name>/answer/", pages.answer, name="mailbox-answer"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/mailbox/", pages.in_mailbox, name="mail-in-mailbox"),
]
