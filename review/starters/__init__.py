"""Tasks to begin from: whole specifications that a new user changes to taste.

A starter is read once, when a task is made of it; no task points back at one.
"""

from review.starters import outreach
from review.starters.starter import Starter

STARTERS: dict[str, Starter] = {starter.slug: starter for starter in (outreach.STARTER,)}
__all__ = ["STARTERS", "Starter"]
