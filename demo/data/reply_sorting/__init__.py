"""The demo's task *Reply sorting*: what a prospect's answer to a mail means, and which language it is in."""

from demo.data.demo_task import DemoTask
from demo.data.reply_sorting.records import records
from demo.data.reply_sorting.spec import SPEC

REPLY_SORTING = DemoTask(
    slug="reply-sorting",
    name="Reply sorting",
    summary="What a prospect's answer means, in nine labels, and its language, in six.",
    spec=SPEC,
    records=records,
    teacher_defects=0.15,
    judged_share=0.9,
)
