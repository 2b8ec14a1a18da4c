"""Decks of reviewers: dealing, leases, leaving, setting aside.

A card is in front of one reviewer at a time: the partial unique index on active assignments guards it, and cards are
taken under row locks that skip what others hold. It does not know what a verdict is.
"""

from review.desk.deck.deal import deal, deal_among, held_card, hold, renew, take
from review.desk.deck.leases import not_free, reclaim, wait_for
from review.desk.deck.release import ReleasedCard, release, set_aside, undo_set_aside, words_of_lead
from review.drafts.etags import etag_for

__all__ = [
    "ReleasedCard",
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
    "undo_set_aside",
    "wait_for",
    "words_of_lead",
]
