"""Page addresses of campaigns: their steps, arms, mails and approval."""

from django.urls import URLPattern, path

from campaigns.pages import campaigns, mails

campaigns_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/campaigns/", campaigns.index, name="list"),
    path("tasks/<slug:slug>/campaigns/new/", campaigns.new, name="new"),
    path("campaigns/<slug:slug>/", campaigns.detail, name="detail"),
    path("campaigns/<slug:slug>/live/", campaigns.live, name="live"),
    path("campaigns/<slug:slug>/edit/", campaigns.edit, name="edit"),
    path("campaigns/<slug:slug>/act/", campaigns.act, name="act"),
    path("campaigns/<slug:slug>/approve/", campaigns.approve, name="approve"),
    path("campaigns/<slug:slug>/dry-run/", mails.dry_run, name="dry-run"),
    path("campaigns/<slug:slug>/dry-run/mails.jsonl", mails.download, name="dry-run-download"),
    path("campaigns/<slug:slug>/mails/", mails.index, name="mails"),
    path("campaigns/<slug:slug>/mails/fixed/", mails.decide_fixed, name="fixed"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/", mails.detail, name="mail"),
]
