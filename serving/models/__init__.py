"""Rows of the room serving."""

from serving.models.promotions import Promotion, Switch, Usage
from serving.models.routing import Routed, RouteOutcome, Router, RouterVersion

__all__ = ["Promotion", "RouteOutcome", "Routed", "Router", "RouterVersion", "Switch", "Usage"]
