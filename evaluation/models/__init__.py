"""Rows of this room: evaluations of runs, arenas, suites and gates, studies with what their cells measured."""

from evaluation.models.arenas import Arena, ArenaPair, ArenaVote
from evaluation.models.evaluations import Evaluation, EvaluationOutput, SplitOpening
from evaluation.models.gates import Gate
from evaluation.models.studies import Measurement, Study, StudyCell, StudyVerdict
from evaluation.models.suites import Suite

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
