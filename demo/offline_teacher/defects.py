"""Named, deliberate faults in mails, to measure checks and reviewers.

Every fault is a function that changes the mail and returns whether it could, so that labels are always true.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from demo import phrase_files
from demo.offline_teacher.mail import Mail, company_of, more_sentences

LONG_BODY_WORDS = 160
_LISTS = phrase_files.lists(Path(__file__).with_name("defects.txt"))
OTHER_COMPANIES, OTHER_PLACES, _SPAM, _PLACEHOLDERS, _LEAVE_TAKING, _UNSUPPORTED, _FORBIDDEN = _LISTS.values()

Facts = Mapping[str, str]
Offer = Mapping[str, Any]
Fault = Callable[[Mail, Facts, Offer, random.Random], bool]


def spoil(
    mail: Mail, facts: Facts, offer: Offer, rng: random.Random, among: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Put one or two faults into a mail, in place.

    Args:
        mail: Mail to spoil; another text has its sentences as one paragraph.
        among: Names of the faults to draw from; all by default.

    Returns:
        Names of the faults in order; at least one.
    """
    count = rng.sample(list(among or FAULTS), 2 if rng.random() < 0.3 else 1)
    done = tuple(name for name in FAULTS if name in count and FAULTS[name](mail, facts, offer, rng))
    return done or (_always(mail, facts, offer, rng),)


def _always(mail: Mail, facts: Facts, offer: Offer, rng: random.Random) -> str:
    _placeholder(mail, facts, offer, rng)
    return "placeholder"


def _no_ask(mail: Mail, facts: Facts, _offer: Offer, rng: random.Random) -> bool:
    leave = rng.choice(_LEAVE_TAKING).format(company=company_of(facts))
    mail.paragraphs = [[leave if "?" in text else text for text in block] for block in mail.paragraphs]
    return True


def _too_long(mail: Mail, facts: Facts, offer: Offer, rng: random.Random) -> bool:
    for _ in range(60):
        if mail.words > LONG_BODY_WORDS:
            break
        fresh = [text for text in more_sentences(facts, offer, rng) if text not in mail.sentences]
        mail.paragraphs.insert(-1, fresh)
    return mail.words > LONG_BODY_WORDS


def _spam_words(mail: Mail, _facts: Facts, _offer: Offer, rng: random.Random) -> bool:
    _put_in(mail, rng.choice(_SPAM), rng)
    return True


def _forbidden_phrase(mail: Mail, facts: Facts, offer: Offer, rng: random.Random) -> bool:
    phrases = offer.get("forbidden_phrases") or ()
    if not phrases:
        return False
    _put_in(mail, rng.choice(_FORBIDDEN).format(company=company_of(facts), phrase=rng.choice(phrases)), rng)
    return True


def _unsupported_claim(mail: Mail, facts: Facts, offer: Offer, rng: random.Random) -> bool:
    number = _new_number(37, facts, offer, rng)
    _put_in(mail, rng.choice(_UNSUPPORTED).format(company=company_of(facts), n=number), rng)
    return True


def _wrong_fact(mail: Mail, facts: Facts, offer: Offer, rng: random.Random) -> bool:
    """Change a number or a place from the record; without one, insert a wrong place."""
    numbers = sorted(set(re.findall(r"\d+", " ".join(facts.values()))) - set(re.findall(r"\d+", _said(offer))))
    for number in numbers:
        if _replace_one(mail, rf"(?<![\w]){number}(?![\w])", str(_new_number(int(number), facts, offer, rng))):
            return True
    elsewhere = rng.choice([place for place in OTHER_PLACES if place not in _said(facts)])
    if facts.get("city") and _replace_one(mail, re.escape(facts["city"]), elsewhere):
        return True
    _put_in(mail, f"This holds for the office in {elsewhere} too.", rng)
    return True


def _wrong_name(mail: Mail, facts: Facts, offer: Offer, rng: random.Random) -> bool:
    other = rng.choice([name for name in OTHER_COMPANIES if name not in _said(facts) + _said(offer)])
    return _replace_one(mail, re.escape(company_of(facts)), other)


def _repeated_sentence(mail: Mail, _facts: Facts, _offer: Offer, rng: random.Random) -> bool:
    statements = [text for text in mail.sentences if "?" not in text]
    if not statements:
        return False
    _put_in(mail, rng.choice(statements), rng)
    return True


def _placeholder(mail: Mail, facts: Facts, _offer: Offer, rng: random.Random) -> bool:
    mark = rng.choice(_PLACEHOLDERS)
    if mark == "[Company]" and _replace_one(mail, re.escape(company_of(facts)), mark):
        return True
    block = rng.choice([block for block in mail.paragraphs if block])
    first = block[0][0] if block[0].startswith(("I ", company_of(facts))) else block[0][0].lower()
    block[0] = f"{mark}, {first}{block[0][1:]}"
    return True


def _put_in(mail: Mail, sentence: str, rng: random.Random) -> None:
    block = rng.choice([block for block in mail.paragraphs if block])
    # Never first: the opening stays unchanged, and a repetition follows its original.
    block.append(sentence) if block is not mail.paragraphs[-1] else block.insert(max(1, len(block) - 1), sentence)


def _replace_one(mail: Mail, pattern: str, value: str) -> bool:
    for block in mail.paragraphs:
        for index, sentence in enumerate(block):
            if re.search(pattern, sentence):
                block[index] = re.sub(pattern, lambda _: value, sentence, count=1)
                return True
    return False


def _new_number(near: int, facts: Facts, offer: Offer, rng: random.Random) -> int:
    given_numbers = {int(number) for number in re.findall(r"\d+", _said(facts) + " " + _said(offer))}
    step = max(3, near // 5)
    return rng.choice([number for number in range(near + 1, near + 4 * step + 20) if number not in given_numbers])


def _said(values: Mapping[str, Any]) -> str:
    return " ".join(value if isinstance(value, str) else " ".join(value) for value in values.values() if value)


# In this order faults do not undo one another: sentences are repeated or added before a name or number changes.
FAULTS: dict[str, Fault] = {
    "no_ask": _no_ask,
    "too_long": _too_long,
    "spam_words": _spam_words,
    "forbidden_phrase": _forbidden_phrase,
    "unsupported_claim": _unsupported_claim,
    "wrong_fact": _wrong_fact,
    "wrong_name": _wrong_name,
    "placeholder": _placeholder,
    "repeated_sentence": _repeated_sentence,
}
TEXT_FAULTS = ("spam_words", "unsupported_claim", "wrong_fact", "placeholder", "repeated_sentence")
