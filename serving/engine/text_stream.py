"""Turn tokens into text a reader may see at once: whole characters, no thinking, no stop string, no blank edges.

Knows a tokenizer's `decode`; does not know models or requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from review.spec.thinking import ThinkingFilter

_UNFINISHED: Final = "\ufffd"
# A lone byte that will never become a character is let through after so many tokens.
_LONGEST_CHARACTER_TOKENS: Final = 8
_ANCHOR_EVERY: Final = 24


class Decodes(Protocol):
    """A tokenizer, or a chat in its place."""

    def decode(self, ids: list[int], *, skip_special_tokens: bool) -> str: ...


class StreamDecoder:
    """Text of a growing list of token ids, in constant work a token.

    Each piece is the difference of two decodings that begin at the same earlier token, the anchor, since what a token
    spells may depend on the one before it.
    """

    def __init__(self, tokenizer: Decodes) -> None:
        self._tokenizer = tokenizer
        # Tokens since the anchor, how many of them have been shown, and their text.
        self._ids: list[int] = []
        self._read = 0
        self._before = ""
        self._alone: dict[int, str] = {}

    def add(self, token: int) -> str:
        """The text that has become whole with this token; empty within a character."""
        self._ids.append(token)
        text = self._text(self._ids)
        piece = text[len(self._before) :]
        if piece.endswith(_UNFINISHED) and len(self._ids) - self._read < _LONGEST_CHARACTER_TOKENS:
            return ""
        self._advance(text)
        return piece

    def rest(self) -> str:
        """Return what is left at the end: a character that was never finished shows as U+FFFD."""
        text = self._text(self._ids)
        piece = text[len(self._before) :]
        self._advance(text)
        return piece

    def whole(self, ids: Sequence[int]) -> str:
        return self._text(ids)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The text that each token of a whole list makes whole; a token within a character has none."""
        fresh = StreamDecoder(self._tokenizer)
        texts = [fresh.add(token) for token in ids]
        return [*texts[:-1], texts[-1] + fresh.rest()] if texts else []

    def alone(self, token: int) -> str:
        """The text of one token within any text; its name where it spells nothing, as the end of a turn."""
        if token not in self._alone:
            # Twice, less once: what begins a text may lose its blank.
            text = self._text([token, token])[len(self._text([token])) :]
            self._alone[token] = text or self._tokenizer.decode([token], skip_special_tokens=False)
        return self._alone[token]

    def _advance(self, text: str) -> None:
        if len(self._ids) >= _ANCHOR_EVERY:
            # The last tokens shown become the anchor of what follows.
            self._ids = self._ids[max(0, self._read - 1) :]
            text = self._text(self._ids)
        self._read, self._before = len(self._ids), text

    def _text(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True)) if ids else ""


class AfterThinking:
    """All text that comes after the thinking that the prompt has opened, whatever tags stand in it."""

    def __init__(self, opened: str) -> None:
        self._until, self._held = opened, ""

    def add(self, text: str) -> str:
        """Take text in; returns what of it is no thinking."""
        if not self._until:
            return text
        self._held += text
        _, end, rest = self._held.partition(self._until)
        if not end:
            return ""
        self._until = ""
        return rest

    def end(self) -> str:
        """The text has ended: nothing was held back but thinking."""
        return ""


def places_of(text: str, pieces: Sequence[str], cut: str = "") -> list[int]:
    """Return which pieces hold a text that was read off them; none where it is not one run of them.

    Args:
        cut: End of the pieces from a stop string on, which may hold the text too.
    """
    whole = "".join(pieces)
    start = whole.rfind(text, 0, whole.rfind(cut)) if text else -1
    if start < 0:
        return []
    places, at, end = [], 0, start + len(text)
    for place, piece in enumerate(pieces):
        if start <= at < end or at < start < at + len(piece):
            places.append(place)
        at += len(piece)
    return places


class VisibleText:
    """Text on its way to a reader: without thinking, cut before the first stop string, blanks at both ends left out.

    What might still be the beginning of a tag or of a stop string, or the blank end of the text, is held back.

    Args:
        stops: Strings that end the text.
        opened: The end of the thinking that the prompt has opened; empty where it has opened none.
        is_held: Whether a grammar says what is written: a tag within it is text, not thinking.

    Attributes:
        cut: What was taken in from the stop string on.
    """

    def __init__(self, stops: Sequence[str] = (), *, opened: str = "", is_held: bool = False) -> None:
        self._thinking: ThinkingFilter | AfterThinking = AfterThinking(opened) if is_held else ThinkingFilter(opened)
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self._begun = False
        self.is_stopped = False
        self.cut = ""

    def add(self, text: str) -> str:
        """Take text in; returns what may be shown now."""
        if self.is_stopped:
            return ""
        return self._add(self._thinking.add(text))

    def _add(self, text: str) -> str:
        self._held += text
        cut = min((at for stop in self._stops if (at := self._held.find(stop)) >= 0), default=-1)
        if cut >= 0:
            self.is_stopped = True
            self._held, self.cut = self._held[:cut], self._held[cut:]
            return self._rest()
        return self._shown(len(self._held) - self._tail())

    def end(self) -> str:
        """The text has ended: what may be shown of what was held back."""
        shown = "" if self.is_stopped else self._add(self._thinking.end())
        return shown + self._rest()

    def _rest(self) -> str:
        shown = self._shown(len(self._held))
        self._held = ""
        return shown

    def _shown(self, upto: int) -> str:
        ready = self._held[:upto]
        if not self._begun:
            ready = ready.lstrip()
        shown = ready.rstrip()
        if not shown:
            return ""
        self._begun = True
        at = self._held.index(shown) + len(shown)
        self._held = self._held[at:]
        return shown

    def _tail(self) -> int:
        """Length of the longest end of the held text that begins a stop string."""
        for length in range(min(len(self._held), max(map(len, self._stops), default=1) - 1), 0, -1):
            if any(stop.startswith(self._held[-length:]) for stop in self._stops):
                return length
        return 0
