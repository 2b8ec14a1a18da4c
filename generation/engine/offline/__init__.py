"""The offline teacher: composes varied, deterministic drafts from a record's facts and the offer, no network needed."""

from generation.engine.offline.draft import FieldValue, OfflineDraft, tokens
from generation.engine.offline.revise import revise
from generation.engine.offline.teacher import DEFECT_RATE, write

__all__ = ["DEFECT_RATE", "FieldValue", "OfflineDraft", "revise", "tokens", "write"]
