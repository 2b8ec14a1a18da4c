"""Page addresses of contacts and the suppression list."""

from django.urls import URLPattern

contacts_urls: list[URLPattern] = []
