"""Rows of this room: evaluations of runs, and studies with what their cells measured."""

from evaluation.models.evaluations import Evaluation, EvaluationOutput, Opening
from evaluation.models.studies import Measurement, Study, StudyCell, StudyVerdict

__all__ = ["Evaluation", "EvaluationOutput", "Measurement", "Opening", "Study", "StudyCell", "StudyVerdict"]
