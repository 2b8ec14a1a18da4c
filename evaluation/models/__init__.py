"""Rows of this room: evaluations of runs, arenas of their systems, and studies with what their cells measured."""

from evaluation.models.arenas import Arena, ArenaPair, ArenaVote
from evaluation.models.evaluations import Evaluation, EvaluationOutput, SplitOpening
from evaluation.models.studies import Measurement, Study, StudyCell, StudyVerdict

__all__ = [
    "Arena",
    "ArenaPair",
    "ArenaVote",
    "Evaluation",
    "EvaluationOutput",
    "Measurement",
    "SplitOpening",
    "Study",
    "StudyCell",
    "StudyVerdict",
]
