"""Which words count as words of a language."""

import json

import pytest
from spellchecker import SpellChecker

from review.text.spelling import lexicon

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
