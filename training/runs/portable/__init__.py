"""Runs that are tuned where no database can be reached: given away as a directory, taken back when they have ended."""

from training.runs.portable.adopt_run import AdoptedRun, adopt
from training.runs.portable.export_run import export

__all__ = ["AdoptedRun", "adopt", "export"]
