"""Which words count as words, and the worth of the check: how rarely it marks people's words, how often made ones."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from spellchecker import SpellChecker

from demo.data import handwritten_drafts
from demo.data.offer import OFFER
from demo.data.prospects import generate
from review.text.reading.words import WORD
from review.text.spelling import lexicon, nonwords

LETTERS = "etaoinsrhldcu"
MADE_OF_EACH = 2_000
LOWER = re.compile(r"(?<![\w'])[^\W\d_A-Z]{4,}(?![\w'])")
MADE: dict[str, Callable[[str, str, int, random.Random], str]] = {
    "left out": lambda word, other, at, rng: word[:at] + word[at + 1 :],
    "put in": lambda word, other, at, rng: word[:at] + rng.choice(LETTERS) + word[at:],
    "exchanged": lambda word, other, at, rng: word[:at] + rng.choice(LETTERS) + word[at + 1 :],
    "swapped": lambda word, other, at, rng: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    "glued pieces": lambda word, other, at, rng: word[: at + 1] + other[rng.randrange(1, len(other) - 1) :],
    "glued words": lambda word, other, at, rng: word + other,
}


def hand_mails() -> list[str]:
    return [draft["body"] for draft in handwritten_drafts.hand_drafts()]


def marked(texts: list[str], words: frozenset[str] = frozenset()) -> tuple[int, int]:
    """Count the words of English texts and those that are marked, where some words are facts."""
    spelled = [nonwords.read(text, "en", words) for text in texts]
    return sum(each.words for each in spelled), sum(len(each.nonwords) for each in spelled)


@pytest.mark.slow
@pytest.mark.outside_data
def test_of_real_business_mails_one_word_in_250_is_marked_at_most(outside_data: Path) -> None:
    with gzip.open(outside_data / "emails/email_intent.jsonl.gz", "rt", encoding="utf-8") as lines:
        mails = [json.loads(line)["text"] for line in lines]

    words, count = marked(mails)

    # 1 in 294, nearly half of them misspelt in the mails themselves.
    assert words > 70_000
    assert count <= words / 250


def test_nothing_is_marked_in_mails_that_people_wrote_for_the_demo() -> None:
    facts = json.dumps([generate.prospects(), OFFER], ensure_ascii=False).casefold()

    assert marked(hand_mails(), frozenset(WORD.findall(facts)))[1] == 0


def test_most_made_non_words_are_seen() -> None:
    words = [word for text in hand_mails() for word in LOWER.findall(text) if lexicon.is_word(word, "en")]

    shares = {}
    for way, make in MADE.items():
        rng = random.Random(7)
        drawn = [(rng.choice(words), rng.choice(words)) for _ in range(MADE_OF_EACH)]
        made = [make(word, other, rng.randrange(1, len(word) - 1), rng) for word, other in drawn]
        changed = [new for new, (word, _) in zip(made, drawn, strict=True) if new != word]
        shares[way] = sum(not lexicon.is_word(new, "en") for new in changed) / len(changed)

    # A letter left out often gives another word: "planing", "cal".
    assert shares["left out"] > 0.65
    assert min(share for way, share in shares.items() if way != "left out") > 0.85


REAL = {
    "en": (
        "colour organisations optimised apologise programme metres workflow onboarding multi-site café they're "
        "geospatial"
    ),
    "de": "Straße Fertigungsplanung Wochenplänen Lieferscheinnummer Kundendatenbank größere Newsletter",
    "fr": "l'équipe aujourd'hui qu'elles mails cliquez planification réunions",
    "es": "está planificación enséñemelo asegúrese vacaciones podemos días",
    "it": "l'inventario gestionale pianificare dell'azienda password magazzino",
    "nl": "één voorraadbeheer planningsbord vergaderingen klantenservice",
}
NONE = {
    "en": "choid baysy aot centioned repairder makinging simpleread newelders typedlow customance thewho ovaer",
    "de": "plamung fertgung stücklischen gebrauchz kundtren",
    "fr": "équipze planifcation réunnions l'équpie",
    "es": "planifcación vacaccciones empreza",
    "it": "magazzzino pianifcare l'invetnario",
    "nl": "vergaderignen voorrad planninsg",
}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("language", sorted(lexicon.LANGUAGES))
def test_words_their_inflections_and_compounds_are_known(language: str) -> None:
    words = [part for word in REAL[language].split() for part in word.lower().split("-")]

    assert [word for word in words if not lexicon.is_word(word, language)] == []


@pytest.mark.parametrize("language", sorted(lexicon.LANGUAGES))
def test_non_words_are_not(language: str) -> None:
    assert [word for word in NONE[language].split() if lexicon.is_word(word, language)] == []


def test_the_list_is_the_one_that_the_package_itself_reads() -> None:
    words = SpellChecker(language="es", distance=1).word_frequency.dictionary

    assert [word for word in words if not lexicon.is_listed(word, "es")] == []


def test_a_word_without_end_costs_no_time_worth_naming() -> None:
    assert not lexicon.is_word("arbeit" * 500, "de")


def test_words_that_came_later_are_written_once_in_small_letters() -> None:
    later = lexicon.LATER.read_text(encoding="utf-8").split()

    assert later == [word.lower() for word in later]
    assert json.dumps(sorted(later)) == json.dumps(sorted(set(later)))
