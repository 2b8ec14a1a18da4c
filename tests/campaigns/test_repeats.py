from __future__ import annotations

from campaigns.compose import repeats

FIRST = (
    "Hi,\n\nI read that Acme opened a second store. Most teams hear of trouble when the load arrives. Shall we talk?"
)


def test_the_same_words_are_a_repeat_whatever_stands_between_them() -> None:
    again = repeats.find(FIRST.upper().replace(",\n\n", " - "), [{"body": FIRST}])

    assert again is not None
    assert (again.number, again.similarity) == (1, 1.0)
    assert str(again) == "It says the same as mail 1, word for word."


def test_a_text_with_a_word_changed_is_told_with_how_near_it_is() -> None:
    again = repeats.find(f"{FIRST} Soon?", [{"body": "Something else entirely, and short."}, {"body": FIRST}])

    assert again is not None
    assert again.number == 2
    assert 0.8 <= again.similarity < 1
    assert "nearly the same as mail 2: 9" in str(again)


def test_a_text_of_its_own_is_none() -> None:
    assert (
        repeats.find("I wrote to you last week. Is somebody else the right person at Acme?", [{"body": FIRST}]) is None
    )
    assert repeats.find(FIRST, []) is None
    assert repeats.find("", [{"body": ""}]) is None
