"""The linear sorter of replies: what it reads from a folder, and what it answers."""

from __future__ import annotations

import pytest
from django.conf import settings

from campaigns.replies import sorting, word_sorter
from campaigns.replies.word_sorter import Header
from campaigns.states import ReplyClass
from web.errors import Refusal

LABELS = tuple(ReplyClass.values)
BUCKETS = 4096


def write(folder, *, words, **changes):
    """Write a sorter that counts each word towards its class."""
    weights = bytearray(BUCKETS * len(LABELS))
    for word, label in words.items():
        for bucket in word_sorter.buckets(word, BUCKETS):
            weights[bucket * len(LABELS) + LABELS.index(label)] = 100
    header = {"labels": LABELS, "buckets": BUCKETS, "scale": 0.05, **changes}
    (folder / word_sorter.HEADER).write_text(Header.model_construct(**header).model_dump_json())
    (folder / word_sorter.WEIGHTS).write_bytes(weights)
    return folder


def ask(folder, *texts):
    return word_sorter.load(folder).ask([sorting.received("Re: Offer", text) for text in texts])


def test_words_speak_for_their_class_and_probabilities_add_up_to_one(tmp_path):
    write(tmp_path, words={"splendid": "interested", "holiday": "out_of_office"})

    answers = ask(tmp_path, "Splendid!", "on holiday", "", "\udc80")

    assert [max(each, key=each.get) for each in answers[:2]] == ["interested", "out_of_office"]
    assert all(set(each) == set(LABELS) and sum(each.values()) == pytest.approx(1) for each in answers)


def test_a_slip_case_and_other_digits_hardly_change_the_features():
    def features(text):
        return set(word_sorter.buckets(text, 1 << 18))

    assert features("Ticket 4711 OPENED") == features("ticket 23 opened")
    shared = features("unfortunately not") & features("unfortunatly not")
    assert len(shared) > len(features("unfortunately not")) / 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ("yes", "no")}, "does not know the nine classes"),
        ({"buckets": BUCKETS * 2}, "are not as long"),
        ({"scale": -1.0}, "can be read"),
        ({"format": 2}, "can be read"),
    ],
)
def test_a_folder_that_is_no_sorter_is_refused(tmp_path, changes, message):
    write(tmp_path, words={}, **changes)

    with pytest.raises(Refusal, match=message) as refusal:
        word_sorter.load(tmp_path)

    assert refusal.value.code == "no_sorter"


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(Refusal, match="No sorter of replies can be read"):
        word_sorter.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Gladly, shall we meet on Monday afternoon for a short demonstration?", "interested"),
        ("Was würde das für zwölf Arbeitsplätze im Monat kosten?", "question"),
        ("Ce n'est pas moi qui décide, adressez-vous à notre responsable des achats.", "referral"),
        ("Adesso siamo troppo presi, ci risentiamo in primavera.", "not_now"),
        ("Wij hebben hier geen belangstelling voor, dank u.", "not_interested"),
        ("Estoy de vacaciones y vuelvo el lunes.", "out_of_office"),
    ],
)
def test_the_shipped_sorter_reads_plain_replies_in_six_languages(text, meaning):
    [answer] = ask(settings.REPLY_SORTER_DIR, text)

    assert max(answer, key=answer.get) == meaning
    assert answer[meaning] > 0.7
