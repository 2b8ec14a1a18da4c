"""Page addresses of experiments."""

from django.urls import URLPattern

experiments_urls: list[URLPattern] = []
