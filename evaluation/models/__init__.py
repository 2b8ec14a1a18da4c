"""Rows of this room: evaluations of runs, arenas, suites and gates, studies with what their cells measured."""

from evaluation.models.arenas import Arena, ArenaPair, ArenaVote
from evaluation.models.evaluations import Evaluation, EvaluationOutput, Gate, SplitOpening, Suite
from evaluation.models.studies import Measurement, Study, StudyCell, StudyVerdict

__all__ = [
    "Arena",
    "ArenaPair",
    "ArenaVote",
    "Evaluation",
    "EvaluationOutput",
    "Gate",
    "Measurement",
    "SplitOpening",
    "Study",
    "StudyCell",
    "StudyVerdict",
    "Suite",
]
