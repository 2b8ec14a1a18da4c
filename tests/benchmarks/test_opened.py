"""What counts as a file that a deed runs through."""

from __future__ import annotations

from benchmarks.opened import counted
from web import csv, strict_json


def test_a_file_counts_when_a_function_of_it_is_called_and_not_for_being_imported() -> None:
    assert csv.__doc__  # imported, and not called

    assert counted(lambda: strict_json.loads('{"a": 1}')) == ["web/strict_json.py"]
