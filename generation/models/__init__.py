"""Rows of the room generation."""

from generation.models.claims import ClaimCheck
from generation.models.judging import JudgedPair, JudgedText, Judging
from generation.models.learning import TaskProposal
from generation.models.money import Budget, CallCorrection, HourlyRate, SpendDay
from generation.models.orders import Call, Order, ProviderBatch
from generation.models.research import Research, ResearchedSite, WebPage
from generation.models.selection import BestOf, LeftOut
from generation.models.synthetic import Synthesis
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
