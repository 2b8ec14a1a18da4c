"""Page addresses of sending: tracking, unsubscribing, webhooks, the local mailbox."""

from django.urls import URLPattern

sending_urls: list[URLPattern] = []
