"""API addresses of campaigns: their steps, arms, mails and approval."""

from django.urls import URLPattern

campaigns_urls: list[URLPattern] = []
