"""Addresses that mails lead to: counted links, the opening's image, unsubscribing."""

from django.urls import URLPattern, path

from campaigns.tracking import pages

tracking_urls: list[URLPattern] = [
    path("t/c/<slug:token>", pages.click, name="click"),
    path("t/o/<slug:token>.gif", pages.opened, name="open"),
    path("u/<slug:token>", pages.unsubscribe, name="unsubscribe"),
]
