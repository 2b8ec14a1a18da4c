"""Who holds which card: dealing, leases, leaving, setting aside.

A card is in front of one reviewer at a time: the partial unique index on active assignments guards it, and cards are
taken under row locks that skip what others hold. It does not know what a verdict is.
"""

from review.services.queue.decks import deal, deal_among, held_card, hold, renew
from review.services.queue.draw import take
from review.services.queue.leases import etag_for, not_free, reclaim, wait_for
from review.services.queue.leaving import Leaving, release, set_aside

__all__ = [
    "Leaving",
    "deal",
    "deal_among",
    "etag_for",
    "held_card",
    "hold",
    "not_free",
    "reclaim",
    "release",
    "renew",
    "set_aside",
    "take",
    "wait_for",
]
