"""Rows of the room training."""

from training.models.notices import HostPrice, Notice, Watcher
from training.models.runs import Checkpoint, Miniature, MiniatureExport, Student, TrainingRun
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
