"""Small phrase grammar: rules with alternatives that mention facts, expanded at random.

`{name}` is a fact, `[symbol]` another rule. An alternative counts only where all its facts and rules can be filled, so
that a record with gaps still gives whole sentences.
"""

import random
import re
from collections.abc import Mapping, Sequence

_PART = re.compile(r"\{(?P<fact>\w+)\}|\[(?P<symbol>\w+)\]")


class NothingFitsError(LookupError):
    """No alternative of a rule can be filled from the given facts."""


class Grammar:
    """Rules over one set of facts.

    Args:
        rules: Alternatives by symbol.
        facts: Values by name; blank ones count as unknown.
    """

    def __init__(self, rules: Mapping[str, Sequence[str]], facts: Mapping[str, str]) -> None:
        self._rules = rules
        self._facts = {name: value for name, value in facts.items() if value}
        self._fitting: dict[str, list[str]] = {}

    def fits(self, symbol: str) -> bool:
        """Return whether at least one alternative of the rule can be filled."""
        return bool(self._alternatives(symbol))

    def expand(self, symbol: str, rng: random.Random) -> str:
        """Expand a rule to text.

        Raises:
            NothingFitsError: If the given facts fill none of its alternatives.
        """
        alternatives = self._alternatives(symbol)
        if not alternatives:
            raise NothingFitsError(symbol)
        return _PART.sub(lambda part: self._part(part, rng), rng.choice(alternatives))

    def _part(self, part: re.Match[str], rng: random.Random) -> str:
        fact = part["fact"]
        return self._facts[fact] if fact else self.expand(part["symbol"], rng)

    def _alternatives(self, symbol: str) -> list[str]:
        if symbol not in self._fitting:
            self._fitting[symbol] = [text for text in self._rules[symbol] if self._can_fill(text)]
        return self._fitting[symbol]

    def _can_fill(self, text: str) -> bool:
        return all(
            part["fact"] in self._facts if part["fact"] else self.fits(part["symbol"]) for part in _PART.finditer(text)
        )
