"""What the head and foot of the desk say, for a browser without scripts; with scripts the page keeps it current."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from review.selectors.pace import Pace

A_DAY_S = 86_400


def pace(now: Pace) -> str:
    """`37 left · 11 s a card · done by 15:40`, as far as it is known."""
    words = [f"{now.left:,}{'+' if now.is_more else ''} left"]
    if now.seconds_per_card:
        words.append(f"{now.seconds_per_card:.0f} s a card")
    if now.remaining_s and now.left and now.remaining_s < A_DAY_S:
        done = timezone.localtime(timezone.now() + timedelta(seconds=now.remaining_s))
        words.append(f"done by {done:%H:%M}")
    return " · ".join(words)
