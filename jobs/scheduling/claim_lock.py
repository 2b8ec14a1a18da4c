"""Lock by which claims follow each other, so that no two count the same free place."""

from __future__ import annotations

from web.db.turns import wait_for_turn


def one_claim_at_a_time(kind: str, host_id: str) -> None:
    """Let claims of one kind and host follow each other until the transaction ends."""
    wait_for_turn(f"{kind} on {host_id}")
