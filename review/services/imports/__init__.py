"""Imports: a file of records or drafts, previewed, checked row by row, taken in as a whole or not at all.

A service reads a file from a path; who uploaded it and how is the affair of `uploads` and of the pages.
"""

from review.services.imports.drafts import import_drafts
from review.services.imports.mapping import Mapping, Target, guess, targets
from review.services.imports.preview import Preview, read_preview
from review.services.imports.records import import_records
from review.services.imports.result import ImportResult, RowError

__all__ = [
    "ImportResult", "Mapping", "Preview", "RowError", "Target", "guess", "import_drafts", "import_records",
    "read_preview",
    "targets",
]  # fmt: skip
