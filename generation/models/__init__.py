"""Rows of the room generation."""

from generation.models.orders import Budget, Call, CallCorrection, Order, PriceEntry, ProviderBatch, SpendDay, Teacher
from generation.models.research import Research, ResearchedSite, WebPage
from generation.models.selection import BestOf, LeftOut, TaskProposal

__all__ = [
    "BestOf",
    "Budget",
    "Call",
    "CallCorrection",
    "LeftOut",
    "Order",
    "PriceEntry",
    "ProviderBatch",
    "Research",
    "ResearchedSite",
    "SpendDay",
    "TaskProposal",
    "Teacher",
    "WebPage",
]
