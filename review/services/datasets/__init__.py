"""Verbs of datasets: make a selection, freeze a version of it."""

from review.services.datasets.create import create
from review.services.datasets.freeze import freeze
from review.services.datasets.selection import Selection, preview, select

__all__ = ["Selection", "create", "freeze", "preview", "select"]
