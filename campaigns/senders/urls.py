"""Page addresses of sender identities."""

from django.urls import URLPattern, path

from campaigns.senders import api, pages

senders_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/senders/", pages.index, name="senders"),
    path("tasks/<slug:slug>/senders/<slug:sender>/", pages.edit, name="sender"),
    path("tasks/<slug:slug>/senders/<slug:sender>/check-domain/", pages.check_domain, name="sender-check-domain"),
]


senders_api_urls: list[URLPattern] = [
    path("senders/", api.SenderListView.as_view(), name="api-senders"),
    path("senders/<slug:slug>/", api.SenderView.as_view(), name="api-sender"),
    path("senders/<slug:slug>/check-domain/", api.SenderCheckView.as_view(), name="api-sender-check-domain"),
]
