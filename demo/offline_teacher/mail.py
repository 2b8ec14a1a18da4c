"""Composition of a clean outreach mail from a record's facts and an offer.

A mail is paragraphs of sentences, so that `defects` can change sentences. It states only facts and claims of the offer,
and omits a fact that the record's notes contradict.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from demo import phrase_files

# Wording of mails: few patterns with many values, so that a model of a few million parameters learns the style from
# some two hundred mails. Nearly every sentence mentions a value of the record. Further values are `seller`, `offered`
# (the product), `what` (the product with its description), `introduced` (the same inside a sentence) and `claim` (ready
# to follow "that"). Only `ask` has a question: a mail has one call to action.
RULES = phrase_files.lines(Path(__file__).with_name("mail_rules.txt"))
GREETING = "Hi {{contact.first_name}},"
SUBJECT_LIMIT = 50
BODY_WORDS = range(60, 101)
_PLOTS = ("trigger", "pain", "goal", "plain")
_PAIN_SHARE = 0.25
_COMPANY_KEYS = ("company", "name", "organisation", "organization")
_LONGEST_FACT_WORDS = 12
_ATTEMPTS = 200
_MOST_MENTIONS = 2
_PART = re.compile(r"\{(?P<fact>\w+)\}|\[(?P<symbol>\w+)\]")


class NothingFitsError(LookupError):
    """No alternative of a rule can be filled from the given facts."""


class Grammar:
    """Phrase grammar over one set of facts: rules with alternatives, expanded at random.

    `{name}` is a fact, `[symbol]` another rule. An alternative counts only where all its facts and rules can be filled,
    so that a record with gaps still gives whole sentences.

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


@dataclass
class Mail:
    """Parts of a mail; `paragraphs` hold sentences, without greeting and signature."""

    subject: str
    paragraphs: list[list[str]]
    signature: str

    @property
    def sentences(self) -> list[str]:
        return [sentence for paragraph in self.paragraphs for sentence in paragraph]

    @property
    def body(self) -> str:
        blocks = [GREETING, *(" ".join(paragraph) for paragraph in self.paragraphs if paragraph), self.signature]
        return "\n\n".join(blocks)

    @property
    def words(self) -> int:
        return len(self.body.split())


def company_of(facts: Mapping[str, str]) -> str:
    """Return the subject of the record: its company, or its first fact."""
    named = [facts[key] for key in _COMPANY_KEYS if facts.get(key)]
    return (named or [value for value in facts.values() if value] or ["your company"])[0]


def compose(facts: Mapping[str, str], offer: Mapping[str, Any], rng: random.Random) -> Mail:
    """Compose a clean mail: 60 to 100 words, with the company's name, one call to action and no repetition.

    Args:
        facts: Facts of the record by key; unknown keys are ignored.
        offer: `seller`, `product`, `description`, `claims` and `signature`, all optional.
    """
    mail = _once(facts, offer, rng)
    for _ in range(_ATTEMPTS):
        if _is_sound(mail, facts):
            return mail
        mail = _once(facts, offer, rng)
    return mail


def follow_up(
    facts: Mapping[str, str], offer: Mapping[str, Any], rng: random.Random, thread: Sequence[Mapping[str, str]]
) -> Mail:
    """Compose a follow-up: it refers to the earlier mails, adds one thing, asks again, and repeats no sentence.

    Args:
        facts: Facts of the record by key.
        offer: See `compose`.
        thread: `subject` and `body` of each earlier mail; at least one.
    """
    earlier_text = "\n".join(mail.get("body", "") for mail in thread)
    mail = _follow_up_once(facts, offer, rng, thread)
    for _ in range(_ATTEMPTS):
        if not any(sentence in earlier_text for sentence in mail.sentences):
            return mail
        mail = _follow_up_once(facts, offer, rng, thread)
    return mail


def _follow_up_once(
    facts: Mapping[str, str], offer: Mapping[str, Any], rng: random.Random, thread: Sequence[Mapping[str, str]]
) -> Mail:
    """Draw a follow-up; new claims come before earlier ones."""
    earlier_text = "\n".join(mail.get("body", "") for mail in thread).lower()
    claims: Sequence[str] = offer.get("claims") or ()
    fresh = [claim for claim in claims if claim.strip().rstrip(".").lower() not in earlier_text] or list(claims)
    grammar = Grammar(RULES, _values(facts, {**offer, "claims": fresh}, rng))
    middle = "follow_claim" if grammar.fits("follow_claim") else "follow_plain"
    signature = str(offer.get("signature") or "Best regards")
    paragraphs = [[_sentence(grammar, "follow_open", rng), _sentence(grammar, middle, rng)]]
    paragraphs.append([_sentence(grammar, "follow_ask", rng)])
    subject = f"Once more: {company_of(facts)}"
    return Mail(subject if len(subject) <= SUBJECT_LIMIT else "A short follow-up", paragraphs, signature)


def more_sentences(facts: Mapping[str, str], offer: Mapping[str, Any], rng: random.Random) -> list[str]:
    """Draw a few further sentences for the inside of a mail."""
    grammar = Grammar(RULES, _values(facts, offer, rng))
    symbols = ("observe_plain", "bridge", "bridge_plain", "claim")
    return [_sentence(grammar, symbol, rng) for symbol in symbols if grammar.fits(symbol)]


def _once(facts: Mapping[str, str], offer: Mapping[str, Any], rng: random.Random) -> Mail:
    grammar = Grammar(RULES, _values(facts, offer, rng))
    plot = _plot(grammar, rng)
    parts = (f"open_{plot}", f"observe_{plot}", _bridge(grammar), "claim", "ask")
    opening, observation, bridge, claim, ask = (
        _sentence(grammar, part, rng) if grammar.fits(part) else "" for part in parts
    )
    signature = str(offer.get("signature") or "Best regards")
    paragraphs = [[opening, observation], [bridge, claim] if claim else [bridge], [ask]]
    return Mail(_subject(grammar, facts, rng), paragraphs, signature)


def _plot(grammar: Grammar, rng: random.Random) -> str:
    """Draw the starting point: mostly news, else a problem, and others only without these."""
    symbols = "pain" if rng.random() < _PAIN_SHARE else "trigger"
    return next(plot for plot in (symbols, *_PLOTS) if grammar.fits(f"open_{plot}"))


def _bridge(grammar: Grammar) -> str:
    return "bridge" if grammar.fits("bridge") else "bridge_plain"


def _values(facts: Mapping[str, str], offer: Mapping[str, Any], rng: random.Random) -> dict[str, str]:
    short = {key: value for key, value in facts.items() if len(value.split()) <= _LONGEST_FACT_WORDS}
    if re.search(r"\d", facts.get("notes", "")):
        # The notes have a number of their own, which may contradict the size.
        short.pop("size", None)
    product = str(offer.get("product") or "our product")
    description = str(offer.get("description") or "").strip().rstrip(".")
    claims: Sequence[str] = offer.get("claims") or ()
    is_described = re.match(r"(an?|the|our) ", description, re.IGNORECASE)
    return short | {
        "company": company_of(facts),
        "seller": str(offer.get("seller") or "our company"),
        "offered": product,
        "what": f"{product}, {description}" if is_described else product,
        "introduced": f"{product}, {description}," if is_described else product,
        "claim": _after_that(rng.choice(claims), offer) if claims else "",
    }


def _after_that(claim: str, offer: Mapping[str, Any]) -> str:
    """Adapt a claim to follow "that": no full stop, and no capital except a name's."""
    claim = claim.strip().rstrip(".")
    first = claim.split(" ", 1)[0]
    named = f"{offer.get('seller', '')} {offer.get('product', '')}".split()
    keeps_capital = first in named or (len(first) > 1 and not first[1:].islower())
    return claim if keeps_capital else claim[:1].lower() + claim[1:]


def _sentence(grammar: Grammar, symbol: str, rng: random.Random) -> str:
    text = grammar.expand(symbol, rng)
    return text[:1].upper() + text[1:]


def _subject(grammar: Grammar, facts: Mapping[str, str], rng: random.Random) -> str:
    for _ in range(_ATTEMPTS):
        subject = _sentence(grammar, "subject", rng)
        if len(subject) <= SUBJECT_LIMIT:
            return subject
    return company_of(facts)[:SUBJECT_LIMIT].rsplit(" ", 1)[0]


def _is_sound(mail: Mail, facts: Mapping[str, str]) -> bool:
    text = " ".join(mail.sentences)
    return (
        mail.words in BODY_WORDS
        and 1 <= text.count(company_of(facts)) <= _MOST_MENTIONS + 1
        and len(set(mail.sentences)) == len(mail.sentences)
        and not _harps(mail, facts)
    )


def _harps(mail: Mail, facts: Mapping[str, str]) -> bool:
    """Return whether a fact occurs three times, including the subject, or in two consecutive sentences."""
    telling = [value for key, value in facts.items() if len(value) > 3 and key not in _COMPANY_KEYS]
    text = " ".join((mail.subject, *mail.sentences)).lower()
    in_a_row = any(
        value in sentence and value in following
        for sentence, following in pairwise(mail.sentences)
        for value in telling
    )
    return in_a_row or any(text.count(value.lower()) > _MOST_MENTIONS for value in telling)
