"""API addresses of sources."""

from django.urls import URLPattern

sources_urls: list[URLPattern] = []
