"""A miniature with all that it rests on."""

from tests.training.conftest import launch, lead, miniature, student, task, version, viewer

__all__ = ["launch", "lead", "miniature", "student", "task", "version", "viewer"]
