"""Deleting what has had its time, a few rows a transaction, so that nobody waits for it.

Any number may do so at once.
"""

from __future__ import annotations

import logging

from django.db import transaction

from miniatures_site.retention.rules import RULES, Rule

logger = logging.getLogger(__name__)
# Rows of one transaction: some tens of milliseconds.
CHUNK = 1000


def forget(*, chunk: int = CHUNK) -> dict[str, int]:
    """Delete the rows of every rule; returns how many rows of each went, without those that went along with them.

    Killed at any moment it has deleted whole chunks; the next call goes on.
    """
    return {rule.name: _forget(rule, chunk) for rule in RULES}


def count() -> dict[str, int]:
    """Return the number of rows of each rule that `forget` would delete now."""
    return {rule.name: rule.rows().count() for rule in RULES}


def _forget(rule: Rule, chunk: int) -> int:
    rows, count, last = rule.rows().order_by("pk"), 0, None
    while True:
        # By key, so that no part of a long table is read twice.
        keys = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:chunk])
        if not keys:
            break
        with transaction.atomic():
            # Asked again with its condition: a row may have been used again since it was read.
            going = rule.rows().filter(pk__in=keys)
            count += going.count()
            going.delete()
        last = keys[-1]
    if count:
        logger.info("Deleted %s rows that were kept for %g days: %s.", count, rule.days, rule.name)
    return count
