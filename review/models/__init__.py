"""The rows of the review room, by subject."""

from review.models.acceptance import AcceptanceRule, MachineAcceptance
from review.models.bulk import BulkAct
from review.models.comments import Comment, Mention
from review.models.datasets import Dataset, DatasetFile, DatasetRow, DatasetVersion, Revocation, UnjudgedRow
from review.models.desk import Assignment, Decision, Draft, Gold
from review.models.desk_settings import DeskSettings, KnownAnswer
from review.models.preferences import Preference
from review.models.recalls import Recall, RecalledDraft, RecallUndo
from review.models.revisions import RevisionRequest
from review.models.rulings import Reconsideration, Ruling
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
