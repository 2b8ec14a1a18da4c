"""Automatic checks of drafts: one module for each check, all run by `runner`."""

from review.text.checks.mark import Mark
from review.text.checks.runner import (
    CHECKS,
    CHECKS_OF_MAILS,
    SHAPE_CHECKS,
    Reading,
    evidence_of,
    knows,
    read,
    run,
    spelled,
)

__all__ = [
    "CHECKS",
    "CHECKS_OF_MAILS",
    "SHAPE_CHECKS",
    "Mark",
    "Reading",
    "evidence_of",
    "knows",
    "read",
    "run",
    "spelled",
]
