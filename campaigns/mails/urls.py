"""Page addresses of mails: the list, one mail, and the dry run."""

from django.urls import URLPattern, path

from campaigns.mails import api, pages

mails_urls: list[URLPattern] = [
    path("campaigns/<slug:slug>/dry-run/", pages.dry_run, name="dry-run"),
    path("campaigns/<slug:slug>/dry-run/mails.jsonl", pages.download, name="dry-run-download"),
    path("campaigns/<slug:slug>/mails/", pages.index, name="mails"),
    path("campaigns/<slug:slug>/mails/fixed/", pages.decide_fixed, name="fixed"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/", pages.detail, name="mail"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/settle/", pages.settle, name="mail-settle"),
]


mails_api_urls: list[URLPattern] = [
    path("messages/", api.MessageListView.as_view(), name="api-messages"),
    path("messages/<uuid:message_id>/", api.MessageView.as_view(), name="api-message"),
]
