"""The demo's task *Ticket routing*: which of seven queues a support ticket belongs to."""

from demo.data.demo_task import DemoTask, side_of
from demo.data.ticket_routing import records as tickets
from demo.data.ticket_routing.spec import SPEC

SLUG = "ticket-routing"
TRAIN_FRACTION = 0.92


def _side(customer: str) -> str:
    """Split generated tickets by customer into training and validation; hold out those written by hand."""
    if customer not in tickets.customers():
        return "test"
    return side_of(customer, SLUG, TRAIN_FRACTION, 1 - TRAIN_FRACTION)


TICKET_ROUTING = DemoTask(
    slug=SLUG,
    name="Ticket routing",
    summary="Which of seven queues a support ticket belongs to.",
    spec=SPEC,
    records=lambda: (*tickets.records(), *tickets.held_out()),
    teacher_defects=0.05,
    judged_share=1.0,
    side=_side,
    in_bulk=True,
)
