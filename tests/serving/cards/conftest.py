"""A miniature, and evaluations as their engine would end them."""

from tests.evaluation.conftest import finish
from tests.training.conftest import launch, lead, miniature, student, task, version, viewer

__all__ = ["finish", "launch", "lead", "miniature", "student", "task", "version", "viewer"]
