"""Composition of fields other than mails: summaries, replies, product texts, lists of claims with their quotes.

Works from any facts, field by field: short facts become sentences, long ones lend theirs.
"""

import math
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo import phrase_files
from demo.offline_teacher.mail import company_of

_LONG_FACT_WORDS = 12
_MOST_SENTENCES = 6
_TITLE_LIMIT = 60
_TITLE_NAMES = ("title", "subject", "headline", "name")
_REPLY_NAMES = ("reply", "answer", "response")
_READERS_WORDS = ("message", "question", "ticket", "complaint", "request")
_LISTS = phrase_files.lists(Path(__file__).with_name("sheets.txt"))
_FRAMES, _REPLY_OPENINGS, _REPLY_CLOSINGS = _LISTS.values()


def sentences_for(schema: Mapping[str, Any], facts: Mapping[str, str], rng: random.Random) -> list[str]:
    """Compose the sentences of one text field, within its `max_words` and `max_chars` where it has them.

    Args:
        schema: Field as plain data; names such as `reply` get an opening and a closing, names such as `title` a short
            line.
        facts: Facts of the record by key.
    """
    name = str(schema["name"])
    if name in _TITLE_NAMES:
        return [_title(facts, rng)[: schema.get("max_chars")]]
    sentences = _told(facts, rng)
    if name in _REPLY_NAMES:
        sentences = [rng.choice(_REPLY_OPENINGS), *sentences[:3], rng.choice(_REPLY_CLOSINGS)]
    while len(sentences) > 1 and not _fits(sentences, schema):
        sentences.pop(-2)
    return sentences


def items_for(schema: Mapping[str, Any], facts: Mapping[str, str], rng: random.Random) -> list[dict[str, str]]:
    """Compose the items of a list field, one for each of three to five facts.

    `quote` has the words of the record, `url` the address of that fact (`<fact>_url`, else the record's first, may be
    empty), and any other item a sentence.
    """
    names = [item if isinstance(item, str) else str(item["name"]) for item in schema.get("items") or ("text",)]
    address = next((value for value in facts.values() if _is_address(value)), "")
    quotes = [(key, quote) for key, value in _stated_facts(facts) for quote in _split(value)]
    count = min(len(quotes), rng.randint(3, 5))
    chosen = [quotes[index] for index in sorted(rng.sample(range(len(quotes)), count))]
    return [
        _item(names, key, quote, facts.get(f"{key}_url") or address, company_of(facts), rng) for key, quote in chosen
    ]


def _fits(sentences: Sequence[str], schema: Mapping[str, Any]) -> bool:
    text = joined(sentences)
    return len(text.split()) <= (schema.get("max_words") or math.inf) and len(text) <= (
        schema.get("max_chars") or math.inf
    )


def joined(sentences: Sequence[str]) -> str:
    """Join sentences into a text, with a blank line after every third."""
    return "\n\n".join(" ".join(sentences[start : start + 3]) for start in range(0, len(sentences), 3))


def _item(names: Sequence[str], key: str, quote: str, address: str, subject: str, rng: random.Random) -> dict[str, str]:
    values = {"quote": quote, "url": address, "source": address}
    return {name: values.get(name, _stated(key, quote, subject, rng)) for name in names}


def _told(facts: Mapping[str, str], rng: random.Random) -> list[str]:
    known = _stated_facts(facts)
    subject = company_of(facts)
    long = [sentence for _, value in known if _is_long(value) for sentence in _split(value)]
    short = [_stated(key, value, subject, rng) for key, value in known if not _is_long(value)]
    kept = [*_sampled(short, _MOST_SENTENCES - min(3, len(long)), rng), *_sampled(long, _MOST_SENTENCES - 2, rng)]
    return list(dict.fromkeys(kept[:_MOST_SENTENCES])) or ["Nothing is on record."]


def _stated(key: str, value: str, subject: str, rng: random.Random) -> str:
    if _is_long(value) or value.endswith((".", "!", "?")):
        return value
    frames = [frame for frame in _FRAMES if "{subject}" not in frame or (value != subject and not _is_long(subject))]
    return rng.choice(frames).format(label=key.replace("_", " "), value=value, subject=subject)


def _stated_facts(facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the facts for sentences: no addresses, and no words of the reader."""
    return [
        (key, value)
        for key, value in facts.items()
        if value and not _is_address(value) and not any(word in key.lower() for word in _READERS_WORDS)
    ]


def _title(facts: Mapping[str, str], rng: random.Random) -> str:
    about = company_of(facts)
    if _is_long(about):
        about = about.split(".")[0]
    others = [value for value in facts.values() if value and value != about and not _is_long(value)]
    fitting = [f"{about}: {other}" for other in others if len(about) + len(other) + 2 <= _TITLE_LIMIT]
    return rng.choice(fitting or [about])[:_TITLE_LIMIT].strip()


def _sampled(texts: list[str], count: int, rng: random.Random) -> list[str]:
    return [texts[index] for index in sorted(rng.sample(range(len(texts)), min(len(texts), count)))]


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()] or [text]


def _is_long(value: str) -> bool:
    return len(value.split()) > _LONG_FACT_WORDS


def _is_address(value: str) -> bool:
    return value.startswith(("http://", "https://"))
