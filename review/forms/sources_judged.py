"""What the form of an export of verdicts says: names of its fields carry the words and reviewers of the file."""

from __future__ import annotations

from collections.abc import Mapping

WORD, REVIEWER = "word:", "reviewer:"


def verdicts_from(data: Mapping[str, str]) -> dict[str, str]:
    """What each word of the verdict's column means, where somebody said so."""
    return _chosen(data, WORD)


def reviewers_from(data: Mapping[str, str]) -> dict[str, str]:
    """Which member each name stands for, where somebody said so."""
    return _chosen(data, REVIEWER)


def _chosen(data: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in data.items() if key.startswith(prefix) and value}
