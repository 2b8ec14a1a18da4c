"""The demo's tasks, in the order they are loaded and listed. Pure Python."""

from __future__ import annotations

from typing import NamedTuple

from demo.data.claim_check import CLAIM_CHECK
from demo.data.company_news import COMPANY_NEWS
from demo.data.demo_task import DemoTask
from demo.data.lead_qualification import LEAD_QUALIFICATION
from demo.data.reply_sorting import REPLY_SORTING
from demo.data.research_summary import RESEARCH_SUMMARY
from demo.data.support_answer import SUPPORT_ANSWER
from demo.data.ticket_routing import TICKET_ROUTING

# The task of the mails, which `load` makes; the others come with their right answers.
MAILS = "outreach-e-mail"
# The task that Home opens with: the one whose miniature is as good as its teacher on held-out records.
OPENING = TICKET_ROUTING.slug
TASKS: tuple[DemoTask, ...] = (
    TICKET_ROUTING,
    REPLY_SORTING,
    CLAIM_CHECK,
    COMPANY_NEWS,
    RESEARCH_SUMMARY,
    SUPPORT_ANSWER,
)
# Loaded by `manage.py load_demo --task` alone: what studies ask about.
FOR_STUDIES: tuple[DemoTask, ...] = (LEAD_QUALIFICATION,)


class Listed(NamedTuple):
    """A task of the demo as Home tells of it."""

    slug: str
    name: str
    summary: str


def listed() -> list[Listed]:
    """Every task of the demo, the mails first."""
    mails = Listed(MAILS, "Outreach e-mail", "A first mail to a company, from fifteen facts of it and an offer.")
    return [mails, *(Listed(each.slug, each.name, each.summary) for each in TASKS)]
