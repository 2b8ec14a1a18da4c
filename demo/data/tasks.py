"""Tasks of the demo, in the order of loading and listing. Pure Python."""

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

# Task of the mails, which `load` makes; the others have known answers.
MAILS = "outreach-e-mail"
# Task on top of Home: its miniature is as good as its teacher on held-out records.
OPENING = TICKET_ROUTING.slug
TASKS: tuple[DemoTask, ...] = (
    TICKET_ROUTING,
    REPLY_SORTING,
    CLAIM_CHECK,
    COMPANY_NEWS,
    RESEARCH_SUMMARY,
    SUPPORT_ANSWER,
)
# Tasks of studies, which only `manage.py load_demo --task` loads.
FOR_STUDIES: tuple[DemoTask, ...] = (LEAD_QUALIFICATION,)


class Listed(NamedTuple):
    """Entry of a task on Home."""

    slug: str
    name: str
    summary: str


def listed() -> list[Listed]:
    """List every task of the demo, the mails first."""
    mails = Listed(MAILS, "Outreach e-mail", "A first mail to a company, from fifteen facts of it and an offer.")
    return [mails, *(Listed(each.slug, each.name, each.summary) for each in TASKS)]
