"""Rows of the room serving."""

from serving.models.promotions import LONGEST_REASON, Promotion, Switch, Usage

__all__ = ["LONGEST_REASON", "Promotion", "Switch", "Usage"]
