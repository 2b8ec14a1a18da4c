"""What a revision's call says: the same words when it is priced, when it is sent, and when its answer is taken in."""

from __future__ import annotations

from generation.models import Order
from review.models import RevisionRequest
from review.prompting import Message
from review.services import revisions
from web.errors import Refusal


def of_order(order: Order) -> list[Message]:
    """The conversation of an order for one revision.

    Raises:
        Refusal: `request_gone`, nobody asks for it any more.
    """
    found = RevisionRequest.objects.select_related("draft__record", "draft__task_version")
    request = found.filter(job_id=order.job_id, draft__erased_at__isnull=True).first()
    if request is None:
        raise Refusal("request_gone", "Nobody asks for this revision any more.", hint="Ask anew on the draft.")
    return revisions.conversation(request.draft, request.instruction)
