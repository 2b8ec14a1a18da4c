"""Stages of research, and claims that stand in a page or do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campaigns.pipelines.compose import StagePlan
from campaigns.states import StageKind
from review.models import Record, Task
from tests.campaigns.stage_rows import offline

CLAIMS = {"claim": "site.claims.text", "passage": "site.claims.quote"}


PAGE = "Harrow Works opened a depot in Lund on 3 May. It employs 140 people."


def stored(tasks: dict[str, Task]) -> StagePlan:
    """Research from pages that the contact's record holds already."""
    mapped = {"company": "contact.company", "source_1": "record.notes", "source_1_url": "record.goal"}
    return StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), mapped)


def claim(text: str, quote: str, url: str = "https://co0.example/news") -> dict[str, str]:
    return {"text": text, "quote": quote, "url": url}


OPENED = claim("Harrow Works opened a depot in Lund.", "Harrow Works opened a depot in Lund on 3 May.")


WRONG = claim("It employs 900 people.", "It employs 140 people.")


MADE_UP = claim("It won a prize.", "The company won the city's prize.")


ELSEWHERE = claim("It employs 140 people.", "It employs 140 people.", "https://other.example/")


def research(*claims: dict[str, str]) -> dict[str, Callable[[Record], dict[str, Any]]]:
    return {"research-task": lambda record: {"claims": list(claims)}}


def site_stage(tasks: dict[str, Task]) -> StagePlan:
    return StagePlan("site", StageKind.RESEARCH, tasks["research"], offline(), {"company": "contact.company"})
