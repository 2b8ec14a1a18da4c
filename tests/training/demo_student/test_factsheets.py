"""Sheets keep their subject, vary their keys and render as lines."""

from random import Random

from demo.student import factsheets, statements
from demo.student.documents import _FIELD, _PRONOUNS
from demo.student.phrases import expand


def test_a_sheet_always_names_its_subject() -> None:
    rng = Random(1)

    sheets = [factsheets.draw(rng) for _ in range(300)]

    assert all(sheet.facts[sheet.kind.subject_key] for sheet in sheets)


def test_sheets_differ_in_their_keys_and_in_their_order() -> None:
    rng = Random(2)

    orders = {tuple(factsheets.draw(rng).facts) for _ in range(300)}

    assert len(orders) > 150


def test_a_rendered_sheet_holds_one_line_a_fact() -> None:
    rng = Random(3)
    sheet = factsheets.draw(rng)

    lines = factsheets.render(rng, sheet.facts).splitlines()

    assert len(lines) == len(sheet.facts)
    assert all(value in line for value, line in zip(sheet.facts.values(), lines, strict=True))


def test_every_statement_names_only_keys_of_its_kind() -> None:
    rng = Random(4)

    for kind in factsheets.KINDS:
        for pattern in statements.BY_KIND[kind.name]:
            for _ in range(20):
                keys = set(_FIELD.findall(expand(rng, pattern))) - _PRONOUNS
                assert keys <= kind.makers.keys(), (kind.name, pattern)


def test_every_key_of_every_kind_is_told_by_some_statement() -> None:
    for kind in factsheets.KINDS:
        told = " ".join(statements.BY_KIND[kind.name])

        assert not [key for key in kind.makers if f"{{{key}}}" not in told], kind.name
