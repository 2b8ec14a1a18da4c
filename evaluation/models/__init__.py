"""Rows of this room: evaluations of runs, and studies with what their cells measured."""

from evaluation.models.evaluations import Evaluation, EvaluationOutput, SplitOpening
from evaluation.models.studies import Measurement, Study, StudyCell, StudyVerdict

__all__ = ["Evaluation", "EvaluationOutput", "Measurement", "SplitOpening", "Study", "StudyCell", "StudyVerdict"]
