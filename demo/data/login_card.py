"""Login card of the demo: `var/demo-login.json`, readable only by its owner."""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings

from members.models import ApiToken, Member

USERNAME = "demo"


def path() -> Path:
    return Path(settings.VAR_DIR) / "demo-login.json"


def read() -> dict[str, str]:
    """Read the card; empty where there is none."""
    try:
        return dict(json.loads(path().read_text()))
    except (OSError, ValueError):
        return {}


def write(*, url: str) -> dict[str, str]:
    """Update the address on the card; token and password stay. Without the demo there is neither."""
    card = {**read(), "url": url}
    member = Member.objects.filter(username=card.get("username")).first()
    if member is not None and not card.get("token"):
        _, card["token"] = ApiToken.objects.create(user=member, name="Demo", scopes=["admin"], expiry=None)
    save(card)
    return card


def save(card: dict[str, str]) -> None:
    """Write the card atomically."""
    part = path().with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(card, handle, indent=1)
    part.replace(path())
