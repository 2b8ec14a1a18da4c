"""Offline teacher: varied, deterministic drafts from a record's facts and the offer, without a network."""

from demo.offline_teacher.revise import revise
from demo.offline_teacher.teacher import DEFECT_RATE, FieldValue, OfflineDraft, tokens, write

__all__ = ["DEFECT_RATE", "FieldValue", "OfflineDraft", "revise", "tokens", "write"]
