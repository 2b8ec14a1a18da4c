"""Page addresses of data requests: read, export or erase the data held about a person."""

from django.urls import URLPattern, path

from campaigns.privacy import pages

privacy_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/people/", pages.search, name="people"),
    path("tasks/<slug:slug>/people/<str:hmac>/", pages.detail, name="person"),
    path("tasks/<slug:slug>/people/<str:hmac>/export/", pages.export, name="person-export"),
    path("tasks/<slug:slug>/people/<str:hmac>/erase/", pages.erase, name="person-erase"),
]
