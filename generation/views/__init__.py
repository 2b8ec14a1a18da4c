"""Pages of generation. Thin: they ask selectors and call services."""

from generation.budgets import pages
from generation.learning import pages as learning_pages
from generation.ledger import pages as ledger_pages
from generation.orders import pages as orders_pages
from generation.research import pages as research_pages
from generation.teachers import pages as teachers_pages

__all__ = ["learning_pages", "ledger_pages", "orders_pages", "pages", "research_pages", "teachers_pages"]
