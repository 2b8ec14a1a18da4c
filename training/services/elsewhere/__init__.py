"""Runs that are tuned where no database can be reached: given away as a directory, taken back when they have ended."""

from training.services.elsewhere.adopting import Adopted, adopt
from training.services.elsewhere.exporting import export

__all__ = ["Adopted", "adopt", "export"]
