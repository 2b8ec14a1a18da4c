"""Automatic checks of drafts: one module a check, all of them run by `runner`."""

from review.text.checks.mark import Mark
from review.text.checks.runner import CHECKS, Reading, evidence_of, knows, read, run, spelled

__all__ = ["CHECKS", "Mark", "Reading", "evidence_of", "knows", "read", "run", "spelled"]
