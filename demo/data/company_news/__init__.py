"""The demo's task *Company news*: what a fictional company's page tells as new, with the sentence that says so."""

from demo.data.company_news.faults import spoil
from demo.data.company_news.records import records
from demo.data.company_news.spec import SPEC
from demo.data.demo_task import DemoTask

COMPANY_NEWS = DemoTask(
    slug="company-news",
    name="Company news",
    summary="A page of a company: what is new there, with the sentence that says so.",
    spec=SPEC,
    records=records,
    judged_share=0.9,
    spoil=spoil,
)
