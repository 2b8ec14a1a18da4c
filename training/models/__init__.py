"""Rows of the room training."""

from training.models.costs import HostPrice
from training.models.miniatures import Miniature, MiniatureExport
from training.models.notices import Notice, Watcher
from training.models.runs import Checkpoint, TrainingRun
from training.models.students import Student
from training.models.sweeps import Sweep, SweepCell

__all__ = [
    "Checkpoint",
    "HostPrice",
    "Miniature",
    "MiniatureExport",
    "Notice",
    "Student",
    "Sweep",
    "SweepCell",
    "TrainingRun",
    "Watcher",
]
