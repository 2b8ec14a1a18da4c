"""Page addresses of contacts, the suppression list, people's rights and sender identities."""

from django.urls import URLPattern, path

from campaigns.pages import contacts, people, senders, suppression

contacts_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/contacts/", contacts.index, name="contacts"),
    path("tasks/<slug:slug>/contacts/sample.csv", contacts.sample, name="contacts-sample"),
    path("tasks/<slug:slug>/contacts/import/", contacts.upload, name="contacts-import"),
    path("tasks/<slug:slug>/contacts/import/<slug:name>/", contacts.columns, name="contacts-columns"),
    path("contacts/<uuid:pk>/", contacts.detail, name="contact"),
    path("tasks/<slug:slug>/suppression/", suppression.index, name="suppressions"),
    path("tasks/<slug:slug>/suppression/search/", suppression.search, name="suppression-search"),
    path("tasks/<slug:slug>/senders/", senders.index, name="senders"),
    path("tasks/<slug:slug>/senders/<slug:sender>/", senders.edit, name="sender"),
    path("tasks/<slug:slug>/people/", people.search, name="people"),
    path("tasks/<slug:slug>/people/<str:hmac>/", people.detail, name="person"),
    path("tasks/<slug:slug>/people/<str:hmac>/export/", people.export, name="person-export"),
    path("tasks/<slug:slug>/people/<str:hmac>/erase/", people.erase, name="person-erase"),
]
