"""Daily caps of senders at the claim: the sender of a mail, or the hold until tomorrow.

The caps are read under locks on the senders' rows, so that of two attempts at once the second sees the first one's
mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from campaigns.models import Message, SenderIdentity
from campaigns.senders import capacity, choice
from campaigns.sending.contact_caps import Hold
from campaigns.states import HoldReason


def choose(message: Message, senders: Sequence[SenderIdentity], *, now: datetime) -> SenderIdentity | Hold | None:
    """Return the sender of a mail, or the hold where none has room today; None where the campaign has no sender.

    A contact keeps its first sender; a new contact gets the sender with most of today's cap left. While room is short,
    later mails of sequences go before first ones. Limited senders stay locked until the transaction ends.

    Args:
        message: With its step and contact; the contact is locked.

    Raises:
        TransactionManagementError: Outside a transaction, of a limited sender.
    """
    eligible = choice.eligible_senders(message, senders)
    limited = [sender.pk for sender in eligible if sender.daily_limit is not None]
    if len(eligible) < 2 and not limited:
        return eligible[0] if eligible else None
    # In the order of their ids, so that no two attempts wait for each other; their limits as they are now.
    rows = SenderIdentity.objects.select_for_update(no_key=True).filter(pk__in=limited).order_by("pk")
    fresh = {row.pk: row for row in rows} if limited else {}
    is_first = message.step.number == 1
    days = capacity.days_of([fresh.get(each.pk, each) for each in eligible], now, with_follow_ups=is_first)
    left = {each.pk: days[each.pk].left(for_a_first_mail=is_first) for each in eligible}
    # Of senders without a limit, the one that sent least today.
    best = max(eligible, key=lambda each: (left[each.pk], -days[each.pk].went))
    return best if left[best.pk] else Hold(HoldReason.SENDER, capacity.day_bounds(now)[1])
