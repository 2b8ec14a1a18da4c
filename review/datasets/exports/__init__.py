"""Rows of frozen files: what one gold looks like in each format. Pure Python; knows neither tables nor files."""

from review.datasets.exports.rows import FORMATS, UNJUDGED, Encoder, drafts_of, line, raw_row, rows, unjudged_row
from review.datasets.exports.schema import RAW_SCHEMA, RAW_VERSION, DraftHistory, JudgedDraft, RejectedText

__all__ = [
    "FORMATS",
    "RAW_SCHEMA",
    "RAW_VERSION",
    "UNJUDGED",
    "DraftHistory",
    "Encoder",
    "JudgedDraft",
    "RejectedText",
    "drafts_of",
    "line",
    "raw_row",
    "rows",
    "unjudged_row",
]
