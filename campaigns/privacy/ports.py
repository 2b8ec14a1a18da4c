"""Ports by which other rooms hear that a person is erased."""

from __future__ import annotations

from collections.abc import Sequence

from web.ports import Listeners

# Told the Message-IDs of the person's mails, once the erasure is committed.
mails_erased: Listeners[[Sequence[str]], None] = Listeners()
