"""Pages of generation. Thin: they ask selectors and call services."""

from generation.views import budgets, learning, ledger, orders, prices, research, teachers, variety

__all__ = ["budgets", "learning", "ledger", "orders", "prices", "research", "teachers", "variety"]
