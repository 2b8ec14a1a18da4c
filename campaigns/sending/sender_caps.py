"""What a sender may send: its mails of the day, all campaigns together, and the pace of each provider.

Asked at the claim, under the lock on a limited sender's row, so that of two campaigns at once the second sees the first
one's mail.
"""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Message, SenderIdentity
from campaigns.senders import capacity
from campaigns.senders.providers import ProviderPaces
from campaigns.sending.contact_caps import Hold
from campaigns.states import HoldReason


def hold_of(
    message: Message, sender: SenderIdentity, provider: str, paces: ProviderPaces, *, now: datetime
) -> Hold | None:
    """Why a mail may not leave from its sender yet; None where it may.

    While room is short, later mails of sequences go before first ones: somebody waits for them.

    Args:
        message: With its step.
        sender: Who writes it; locked until the transaction ends where anything limits what it sends.
        provider: Who takes its reader's mails; empty for a provider without a pace.
        paces: What the attempt knows of providers.
        now: The time.

    Raises:
        TransactionManagementError: Outside a transaction, of a limited sender.
    """
    if capacity.is_limited(sender) or paces.has_pace(sender, provider):
        # The limit as it is now, not as it was when the attempt began.
        sender = SenderIdentity.objects.select_for_update(no_key=True).get(pk=sender.pk)
    if capacity.is_limited(sender):
        is_first = message.step.number == 1
        day = capacity.day_of(sender, now, with_follow_ups=is_first)
        if not day.has_room(for_a_first_mail=is_first):
            return Hold(HoldReason.SENDER, capacity.day_bounds(now)[1])
    until = paces.until(sender, provider, now=now)
    return Hold(HoldReason.PROVIDER, until) if until else None
