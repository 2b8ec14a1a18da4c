"""One thing that a fictional company's page may tell: how a page says it, and claims that follow from it or not."""

from typing import NamedTuple


class Topic(NamedTuple):
    """One thing a page may tell.

    Attributes:
        page: Wordings of one sentence, each saying the same.
        true: Claims that any of them bears out.
        false: Claims that none of them bears out.
    """

    name: str
    page: tuple[str, ...]
    true: tuple[str, ...]
    false: tuple[str, ...]
