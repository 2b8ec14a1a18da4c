"""Rows of frozen files: what one gold looks like in each format. Pure Python; knows neither tables nor files."""

from review.exports.encoding import Encoder
from review.exports.judged import History, JudgedDraft, Worse
from review.exports.rows import FORMATS, drafts_of, line, raw_row, rows
from review.exports.schema import RAW_SCHEMA

__all__ = [
    "FORMATS",
    "RAW_SCHEMA",
    "Encoder",
    "History",
    "JudgedDraft",
    "Worse",
    "drafts_of",
    "line",
    "raw_row",
    "rows",
]
