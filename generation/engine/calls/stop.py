"""Rules of ending early that both loops share. Pure."""

from __future__ import annotations

from collections import Counter

from generation.engine.clients.interface import CallError

# This many calls in a row without one answer, and the fault is not the calls'.
MAX_CONSECUTIVE_FAILURES = 10
# Refusals of one text. They tell nothing of the next call, so they count towards no row.
OF_ONE_TEXT = frozenset({"too_long", "content_filter"})
TICK_S = 0.1


class SendingStopped(Exception):  # noqa: N818 (a wish, not a fault)
    """No more may be sent."""


# This many paid answers of one teacher in a row without one draft, and the next would be no better: of a teacher that
# fails on every second call, one row in a million is as long.
MAX_CONSECUTIVE_WASTED = 20
_TOO_SHORT = frozenset({"truncated", "context_full"})
_DECLINED = frozenset({"refused", "content_filter", "safety"})


class WasteGuard:
    """Paid answers in a row that were no drafts, of one teacher."""

    def __init__(self) -> None:
        self._codes: Counter[str] = Counter()
        self._usd = 0.0

    def took(self, *, is_draft: bool, code: str, message: str, cost_usd: float) -> CallError | None:
        """Count a paid answer; returns why nothing more is asked of this teacher, once the row is long enough.

        Args:
            is_draft: Whether the planned call has brought a draft, mended ones included.
        """
        if is_draft:
            self._codes.clear()
            self._usd = 0.0
            return None
        self._codes[code] += 1
        self._usd += cost_usd
        return self._wasted(message) if self._codes.total() >= MAX_CONSECUTIVE_WASTED else None

    def _wasted(self, last: str) -> CallError:
        (commonest, count), row = self._codes.most_common(1)[0], self._codes.total()
        message = f"{row} paid answers in a row were no drafts, for ${self._usd:.4f}: {count} × {commonest}. {last}"
        kind = "truncated" if commonest in _TOO_SHORT else "declined" if commonest in _DECLINED else "useless"
        return CallError("fatal", f"answers_{kind}", message)
