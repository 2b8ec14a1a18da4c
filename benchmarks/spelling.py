"""How often the check of spelling marks words of people, and how often it sees words that are none: `python -m benchmarks.spelling`.

Texts of people: the demo's mails by hand, business mails (where `SHARED_DATA_DIR` has them; nearly half of what is marked
in them is misspelt) and what Django's and allauth's translators wrote. Non-words are made of words of the same texts, a letter left out, put in,
exchanged or swapped, or the head of one word with the end of another; some that come about so are words after all.
"""

from __future__ import annotations

import ast
import gzip
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

from demo.data import handwritten_drafts
from demo.data.offer import OFFER
from demo.data.prospects import generate
from review.text.reading.words import WORD
from review.text.spelling import lexicon, nonwords

LETTERS = "etaoinsrhldcu"
MADE_OF_EACH = 2_000
_WORD = re.compile(r"(?<![\w'])[^\W\d_A-Z]{4,}(?![\w'])")
_MESSAGE = re.compile(r'^msgstr(?:\[\d\])? ((?:".*"\n)+)', re.MULTILINE)
_FILLED_IN = re.compile(r"%\(\w+\)?s?|%[sd]|\{\w*\}|&(?=\w)")


def people_texts(language: str) -> dict[str, list[str]]:
    """Texts of people in a language, by where they are from."""
    if language != "en":
        return {"translators": list(translated(language))}
    mails = {"the demo's mails by hand": [draft["body"] for draft in handwritten_drafts.hand_drafts()]}
    return mails | ({"business mails": found} if (found := business_mails()) else {})


def business_mails() -> list[str]:
    """Sentences of real business mails; none where the data is not at hand."""
    path = Path(os.environ.get("SHARED_DATA_DIR", "/nowhere")) / "emails/email_intent.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def translated(language: str) -> Iterator[str]:
    """What translators of Django and allauth wrote, what is filled in left out."""
    for package in ("django", "allauth"):
        for path in sorted(Path(str(files(package))).glob(f"**/locale/{language}/LC_MESSAGES/django.po")):
            for found in _MESSAGE.finditer(path.read_text(encoding="utf-8") + "\n"):
                text = "".join(ast.literal_eval(line) for line in found[1].strip().split("\n"))
                if text and "Content-Type" not in text:
                    yield _FILLED_IN.sub(" ", text)


_MADE: dict[str, Callable[[str, str, int, random.Random], str]] = {
    "left out": lambda word, other, at, rng: word[:at] + word[at + 1 :],
    "put in": lambda word, other, at, rng: word[:at] + rng.choice(LETTERS) + word[at:],
    "exchanged": lambda word, other, at, rng: word[:at] + rng.choice(LETTERS) + word[at + 1 :],
    "swapped": lambda word, other, at, rng: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    "glued pieces": lambda word, other, at, rng: word[: at + 1] + other[rng.randrange(1, len(other) - 1) :],
    "glued words": lambda word, other, at, rng: word + other,
}


def false_alarms(texts: list[str], language: str, known: frozenset[str]) -> tuple[int, int, float]:
    """Words, marked words, and milliseconds a text."""
    began, words, marked = time.process_time(), 0, 0
    for text in texts:
        spelled = nonwords.read(text, language, known)
        words, marked = words + spelled.words, marked + len(spelled.nonwords)
    return words, marked, 1000 * (time.process_time() - began) / len(texts)


def demo_words() -> frozenset[str]:
    """What the demo's facts and offer say."""
    return frozenset(WORD.findall(json.dumps([generate.prospects(), OFFER], ensure_ascii=False).casefold()))


def hits(texts: list[str], language: str) -> dict[str, float]:
    """Share of made non-words that are no words to the lexicon, by how they were made."""
    known = [word for text in texts for word in _WORD.findall(text) if lexicon.is_word(word, language)]
    shares = {}
    for way, make in _MADE.items():
        rng = random.Random(7)
        drawn = [(rng.choice(known), rng.choice(known)) for _ in range(MADE_OF_EACH)]
        made = [make(word, other, rng.randrange(1, len(word) - 1), rng) for word, other in drawn]
        changed = [new for new, (word, _) in zip(made, drawn, strict=True) if new != word]
        shares[way] = sum(not lexicon.is_word(new, language) for new in changed) / len(changed)
    return shares


def main() -> None:
    """Measure each language and print the figures."""
    known = demo_words()
    for language in sorted(lexicon.LANGUAGES, key=lambda each: (each != "en", each)):
        began = time.process_time()
        lexicon.is_word("qqqqq", language)
        print(f"{language}: lists read in {time.process_time() - began:.2f} s of a core")
        for name, texts in people_texts(language).items():
            words, marked, cost = false_alarms(texts, language, known if "demo" in name else frozenset())
            rate = f"1 in {words / marked:,.0f}" if marked else "none"
            print(f"  {name}: {marked} of {words:,} words marked, {rate}; {cost:.2f} ms a text")
        every = [text for texts in people_texts(language).values() for text in texts]
        print("  seen:", ", ".join(f"{way} {share:.0%}" for way, share in hits(every, language).items()))


if __name__ == "__main__":
    main()
