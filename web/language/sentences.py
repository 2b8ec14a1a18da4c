"""Sentences that the product writes in English wherever they arise, in the page's language where a page shows them.

Checks, refusals and messages of other rooms know no language: their text is compared with templates such as
`%(count)s words; at most %(most)s are allowed`, and the template's translation is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.utils.translation import gettext

from web.language import pages

_PLACE = re.compile(r"%\((\w+)\)s")
# Longer texts are a person's or a model's, and no sentence of ours.
LONGEST = 1000
# A placeholder with this ending holds a sentence or a part of one, and is translated in turn.
NESTED = "_words"
_sentences: dict[str, None] = {}
_parts: dict[str, None] = {}


def register(sentences: Iterable[str], *, parts: Iterable[str] = ()) -> None:
    """Add templates, once per room, when Django starts; `%%` stands for a per cent sign.

    Args:
        sentences: Templates that a whole text is compared with.
        parts: Short ones that many texts would fit: only placeholders named `..._words` are compared with them.
    """
    _sentences.update(dict.fromkeys(sentences))
    _parts.update(dict.fromkeys(parts))
    _patterns.cache_clear()


def in_language(text: object) -> str:
    """A sentence in the active language; as it is where the language is English or no template fits."""
    words = str(text)
    if pages.current() == settings.LANGUAGE_CODE or not words.strip() or len(words) > LONGEST:
        return words
    return _translated(words, is_part=False)


def _translated(words: str, *, is_part: bool) -> str:
    exact = gettext(words)
    if exact != words:
        return exact
    for pattern, template in _patterns(is_part):
        if match := pattern.fullmatch(words):
            values = {
                name: _translated(value, is_part=True) if name.endswith(NESTED) else value
                for name, value in match.groupdict().items()
            }
            return gettext(template) % values
    return words


@cache
def _patterns(is_part: bool) -> list[tuple[re.Pattern[str], str]]:
    """Templates with the most text of their own first: the others may fit the same sentence by chance."""
    templates = {**_sentences, **_parts} if is_part else _sentences
    by_text = sorted(templates, key=lambda template: -len(_PLACE.sub("", template)))
    return [(re.compile(_pattern(template), re.DOTALL), template) for template in by_text if _PLACE.search(template)]


def _pattern(template: str) -> str:
    literals_and_names = _PLACE.split(template)
    return "".join(
        f"(?P<{part}>.+)" if place % 2 else re.escape(part.replace("%%", "%"))
        for place, part in enumerate(literals_and_names)
    )
