"""Page addresses of contacts."""

from django.urls import URLPattern, path

from campaigns.contacts import api, pages

contacts_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/contacts/", pages.index, name="contacts"),
    path("tasks/<slug:slug>/contacts/sample.csv", pages.sample, name="contacts-sample"),
    path("tasks/<slug:slug>/contacts/import/", pages.upload, name="contacts-import"),
    path("tasks/<slug:slug>/contacts/import/<slug:name>/", pages.columns, name="contacts-columns"),
    path("contacts/<uuid:pk>/", pages.detail, name="contact"),
]


contacts_api_urls: list[URLPattern] = [
    path("contacts/", api.ContactListView.as_view(), name="api-contacts"),
    path("contacts/<uuid:pk>/", api.ContactView.as_view(), name="api-contact"),
]
