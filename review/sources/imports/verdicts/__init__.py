"""Verdicts that were given in another tool: read from its export, previewed, and taken in with reviewers and times."""

from review.sources.imports.verdicts.preview import JudgedPreview, read_judged_preview
from review.sources.imports.verdicts.targets import DRAFT, REVIEWER
from review.sources.imports.verdicts.verdict_import import import_decisions

__all__ = ["DRAFT", "REVIEWER", "JudgedPreview", "import_decisions", "read_judged_preview"]
