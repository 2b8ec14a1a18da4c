"""Documents copy what the sheet says, keep slots, and hold no word of an outreach mail."""

import re
from random import Random

import pytest

from demo.student import documents, factsheets
from demo.student.factsheets import Sheet

_PITCH = re.compile(
    r"^Subject:|^Hi\b|^Hello\b|short call|quick call|happy to show|free trial|reach out|reaching out|our offer",
    re.IGNORECASE | re.MULTILINE,
)


def _sheet(**facts: str) -> Sheet:
    return Sheet(factsheets.COMPANY, {"company": "Brekvik & Thornmere", **facts})


@pytest.mark.slow
def test_no_document_reads_like_an_outreach_mail() -> None:
    rng = Random(3)

    pairs = [documents.document(rng, factsheets.draw(rng)) for _ in range(2000)]

    assert not [pair.completion for pair in pairs if _PITCH.search(pair.completion)]


def test_numbers_in_a_document_come_from_its_sheet() -> None:
    rng = Random(4)

    for _ in range(500):
        pair = documents.document(rng, factsheets.draw(rng))
        given = set(re.findall(r"\d+", pair.prompt))
        assert set(re.findall(r"\d+", pair.completion)) <= given, pair


def test_documents_copy_values_word_for_word() -> None:
    sheet = _sheet(trigger="opened 7 quays in Zhovrik", size="4172")
    texts = [documents.document(Random(seed), sheet).completion for seed in range(80)]

    assert sum("opened 7 quays in Zhovrik" in text for text in texts) > 20
    assert sum("4172" in text for text in texts) > 20
    assert sum("Brekvik & Thornmere" in text for text in texts) > 40


def test_a_fact_that_the_sheet_lacks_is_never_told() -> None:
    texts = " ".join(documents.document(Random(seed), _sheet(city="Oulu")).completion for seed in range(200))

    assert "founded" not in texts
    assert "employ" not in texts


@pytest.mark.slow
def test_no_pattern_mark_is_left_in_a_document() -> None:
    rng = Random(5)

    for _ in range(1000):
        text = documents.document(rng, factsheets.draw(rng)).completion
        assert not set("[]~|") & set(re.sub(r"\{\{\w+\.\w+\}\}", "", text)), text
        assert not re.search(r"[{}]", re.sub(r"\{\{\w+\.\w+\}\}", "", text)), text


def test_some_letters_keep_a_readers_slot() -> None:
    rng = Random(6)

    texts = [documents.document(rng, factsheets.draw(rng)).completion for _ in range(300)]

    assert any("{{reader.name}}" in text for text in texts)


def test_answers_are_values_of_the_sheet() -> None:
    rng = Random(7)

    for _ in range(200):
        sheet = factsheets.made_up(rng)
        for line in documents.answers(rng, sheet).completion.splitlines():
            assert line == "Not given." or any(value in line for value in sheet.facts.values())


def test_rearranged_lines_say_nothing_new() -> None:
    rng = Random(8)

    for _ in range(200):
        sheet = factsheets.made_up(rng)
        pair = documents.rearranged(rng, sheet)
        known = set(re.findall(r"\w+", pair.prompt.lower()))
        assert set(re.findall(r"\w+", pair.completion.lower())) <= known | {"the", "is"}


def test_an_echo_repeats_the_lines_as_often_as_asked() -> None:
    for seed in range(60):
        pair = documents.echo(Random(seed))
        ask, lines = pair.prompt.split("\n", 1)
        times = {"Say it again.": 1, "Say it twice.": 2, "Say it three times.": 3}[ask]

        assert pair.completion == "\n".join([lines] * times)


def test_a_quote_stands_in_the_text() -> None:
    text = "The first stone fell. A second one stayed! Who saw it?"

    for seed in range(40):
        pair = documents.excerpt(Random(seed), text)
        assert all(line.removeprefix('- "').rstrip('"') in text for line in pair.completion.splitlines())
