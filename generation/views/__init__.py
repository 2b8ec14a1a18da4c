"""Pages of generation. Thin: they ask selectors and call services."""

from generation.views import orders, prices, teachers

__all__ = ["orders", "prices", "teachers"]
