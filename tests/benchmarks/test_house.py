"""The measures of the house are counted, and the two that are bounds hold."""

from __future__ import annotations

import json

import pytest

from benchmarks import house


@pytest.mark.slow
def test_files_are_short_and_so_are_functions(capsys):
    house.main()
    figures = json.loads(capsys.readouterr().out)

    assert figures["modules"] > 500
    assert figures["longest file"] <= 300
    assert figures["function p90"] <= 20
    assert all(words > 0 for words in figures["loose modules"].values())
