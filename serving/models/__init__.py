"""Rows of the room serving."""

from serving.models.promotions import Promotion, Usage
from serving.models.replicas import Fallback, Replica, Switch
from serving.models.routing import Routed, RouteOutcome, Router, RouterVersion

__all__ = ["Fallback", "Promotion", "Replica", "RouteOutcome", "Routed", "Router", "RouterVersion", "Switch", "Usage"]
