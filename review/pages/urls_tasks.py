"""Page addresses of tasks."""

from django.urls import URLPattern

tasks_urls: list[URLPattern] = []
