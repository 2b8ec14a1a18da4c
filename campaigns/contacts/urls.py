"""Page addresses of contacts, the suppression list, people's rights and sender identities."""

from django.urls import URLPattern, path

from campaigns.contacts import api, pages
from campaigns.privacy import pages as privacy_pages
from campaigns.senders import pages as senders_pages
from campaigns.suppression import pages as suppression_pages

contacts_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/contacts/", pages.index, name="contacts"),
    path("tasks/<slug:slug>/contacts/sample.csv", pages.sample, name="contacts-sample"),
    path("tasks/<slug:slug>/contacts/import/", pages.upload, name="contacts-import"),
    path("tasks/<slug:slug>/contacts/import/<slug:name>/", pages.columns, name="contacts-columns"),
    path("contacts/<uuid:pk>/", pages.detail, name="contact"),
    path("tasks/<slug:slug>/suppression/", suppression_pages.index, name="suppressions"),
    path("tasks/<slug:slug>/suppression/search/", suppression_pages.search, name="suppression-search"),
    path("tasks/<slug:slug>/senders/", senders_pages.index, name="senders"),
    path("tasks/<slug:slug>/senders/<slug:sender>/", senders_pages.edit, name="sender"),
    path("tasks/<slug:slug>/people/", privacy_pages.search, name="people"),
    path("tasks/<slug:slug>/people/<str:hmac>/", privacy_pages.detail, name="person"),
    path("tasks/<slug:slug>/people/<str:hmac>/export/", privacy_pages.export, name="person-export"),
    path("tasks/<slug:slug>/people/<str:hmac>/erase/", privacy_pages.erase, name="person-erase"),
]


contacts_api_urls: list[URLPattern] = [
    path("contacts/", api.ContactListView.as_view(), name="api-contacts"),
    path("contacts/<uuid:pk>/", api.ContactView.as_view(), name="api-contact"),
    path("suppressions/", api.SuppressionListView.as_view(), name="api-suppressions"),
    path("senders/", api.SenderListView.as_view(), name="api-senders"),
    path("senders/<slug:slug>/", api.SenderView.as_view(), name="api-sender"),
]
