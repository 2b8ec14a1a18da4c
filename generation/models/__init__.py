"""Rows of the room generation."""

from generation.models.judging import ClaimCheck, JudgedPair, JudgedText, Judging, TaskProposal
from generation.models.money import Budget, CallCorrection, HourlyRate, SpendDay
from generation.models.orders import BestOf, Call, LeftOut, Order, ProviderBatch
from generation.models.research import Research, ResearchedSite, Synthesis, WebPage
from generation.models.teachers import SINCE_EVER, PriceEntry, Teacher, TeacherKey

__all__ = [
    "SINCE_EVER",
    "BestOf",
    "Budget",
    "Call",
    "CallCorrection",
    "ClaimCheck",
    "HourlyRate",
    "JudgedPair",
    "JudgedText",
    "Judging",
    "LeftOut",
    "Order",
    "PriceEntry",
    "ProviderBatch",
    "Research",
    "ResearchedSite",
    "SpendDay",
    "Synthesis",
    "TaskProposal",
    "Teacher",
    "TeacherKey",
    "WebPage",
]
