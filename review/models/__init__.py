"""The rows of the review room, by subject."""

from review.models.acceptance import AcceptanceRule, MachineAcceptance
from review.models.datasets import (
    Dataset,
    DatasetFile,
    DatasetRow,
    DatasetVersion,
    Recall,
    RecalledDraft,
    RecallUndo,
    Revocation,
    UnjudgedRow,
)
from review.models.desk import Assignment, BulkAct, Decision, Draft, Gold, Preference
from review.models.desk_settings import DeskSettings, KnownAnswer
from review.models.rulings import Comment, Mention, Reconsideration, RevisionRequest, Ruling
from review.models.search import SearchBacklog, SearchText
from review.models.share_outs import DailyMail, SharedCard, ShareOut, SharePart
from review.models.sources import ClaimOrigin, Record, Source
from review.models.tasks import JudgeTask, Membership, Task, TaskVersion

__all__ = [
    "AcceptanceRule",
    "Assignment",
    "BulkAct",
    "ClaimOrigin",
    "Comment",
    "DailyMail",
    "Dataset",
    "DatasetFile",
    "DatasetRow",
    "DatasetVersion",
    "Decision",
    "DeskSettings",
    "Draft",
    "Gold",
    "JudgeTask",
    "KnownAnswer",
    "MachineAcceptance",
    "Membership",
    "Mention",
    "Preference",
    "Recall",
    "RecallUndo",
    "RecalledDraft",
    "Reconsideration",
    "Record",
    "RevisionRequest",
    "Revocation",
    "Ruling",
    "SearchBacklog",
    "SearchText",
    "ShareOut",
    "SharePart",
    "SharedCard",
    "Source",
    "Task",
    "TaskVersion",
    "UnjudgedRow",
]
