"""Pages of generation. Thin: they ask selectors and call services."""

from generation.views import budgets, ledger, orders, prices, teachers

__all__ = ["budgets", "ledger", "orders", "prices", "teachers"]
