"""Rows of the room serving."""

from serving.models.promotions import Promotion, Switch, Usage

__all__ = ["Promotion", "Switch", "Usage"]
