"""The task *Lead qualification*: steps to a label that can be checked, for studies of reasoning."""

from demo.data.demo_task import DemoTask
from demo.data.lead_qualification.records import records
from demo.data.lead_qualification.spec import SPEC

LEAD_QUALIFICATION = DemoTask(
    slug="lead-qualification",
    name="Lead qualification",
    summary="Whether a company qualifies by four rules, with the steps that lead there.",
    spec=SPEC,
    records=records,
    teacher_defects=0.1,
    judged_share=1.0,
)
