"""Verdicts that were given in another tool: read from its export, previewed, and taken in with reviewers and times."""

from review.services.imports.judged.decisions import import_decisions
from review.services.imports.judged.preview import JudgedPreview, read_judged_preview
from review.services.imports.judged.targets import DRAFT, REVIEWER

__all__ = ["DRAFT", "REVIEWER", "JudgedPreview", "import_decisions", "read_judged_preview"]
