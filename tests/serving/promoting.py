"""Promoting a miniature in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def give_a_reason(page: Page, miniature: object) -> None:
    """Go on where a promotion was asked for: so small a student may be behind the nearest gold,
    and then a reason is due.

    Args:
        page: The miniature's, its button pressed.
        miniature: Its key.
    """
    over, demote = page.locator("#override"), page.locator(f"#demote-{miniature}")
    expect(over.or_(demote)).to_be_visible()
    if over.count():
        page.locator("#override-reason").fill("A walk through the product.")
        over.click()
    expect(demote).to_be_visible()
