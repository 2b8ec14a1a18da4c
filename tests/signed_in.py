"""Browsers in which a member is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

from members.models import Member

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext


def context_of(browser: Browser, url: str, member: Member, **options: Any) -> BrowserContext:
    """Open a browser's context on a site with a member's session."""
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    context = browser.new_context(base_url=url, **options)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    return context
