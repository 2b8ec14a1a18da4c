"""The task *Contract summary*: what a fictional service agreement binds a customer to, for studies of transfer."""

from demo.data.contract_summary.faults import spoil
from demo.data.contract_summary.records import records
from demo.data.contract_summary.spec import SPEC
from demo.data.demo_task import DemoTask

CONTRACT_SUMMARY = DemoTask(
    slug="contract-summary",
    name="Contract summary",
    summary="A service agreement with its amendments: what it binds the customer to, in five sentences.",
    spec=SPEC,
    records=records,
    teacher_defects=0.15,
    judged_share=1.0,
    spoil=spoil,
)
