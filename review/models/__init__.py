"""The rows of the review room, by subject."""

from review.models.datasets import Dataset, DatasetFile, DatasetRow, DatasetVersion
from review.models.desk import Assignment, Candidate, Decision, Gold
from review.models.rulings import Ruling
from review.models.sources import Record, Source
from review.models.tasks import Membership, Task, TaskVersion

__all__ = [
    "Assignment",
    "Candidate",
    "Dataset",
    "DatasetFile",
    "DatasetRow",
    "DatasetVersion",
    "Decision",
    "Gold",
    "Membership",
    "Record",
    "Ruling",
    "Source",
    "Task",
    "TaskVersion",
]
