"""Rows of the room serving."""

from serving.models.evidence import EvidenceFile
from serving.models.promotions import Promotion, Switch, Usage
from serving.models.routing import Routed, RouteOutcome, Router, RouterVersion

__all__ = ["EvidenceFile", "Promotion", "RouteOutcome", "Routed", "Router", "RouterVersion", "Switch", "Usage"]
