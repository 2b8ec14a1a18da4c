"""API addresses of contacts, the suppression list and senders."""

from django.urls import URLPattern, path

from campaigns.api import contacts

contacts_urls: list[URLPattern] = [
    path("contacts/", contacts.ContactsView.as_view(), name="api-contacts"),
    path("contacts/<uuid:pk>/", contacts.ContactView.as_view(), name="api-contact"),
    path("suppressions/", contacts.SuppressionsView.as_view(), name="api-suppressions"),
    path("senders/", contacts.SendersView.as_view(), name="api-senders"),
    path("senders/<slug:slug>/", contacts.SenderView.as_view(), name="api-sender"),
]
