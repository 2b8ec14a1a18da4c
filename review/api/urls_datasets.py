"""API addresses of datasets."""

from django.urls import URLPattern

datasets_urls: list[URLPattern] = []
