"""Catalogues: they hold every marked text of the product, translated, and what is compiled is what is written."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.web.language import sources
from tests.web.language.sources import ROOT, Key

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PLACE = re.compile(r"%\(\w+\)s|%%|</?\w[^>]*>")
_LINE = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[(\d)\])? ?"(.*)"$')


def entries(path: Path) -> dict[Key, list[str]]:
    """Texts of a .po file with their translations; an entry that is fuzzy or obsolete counts as none."""
    found: dict[Key, list[str]] = {}
    for block in path.read_text().split("\n\n"):
        if "#, fuzzy" in block or "#~" in block:
            continue
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := _LINE.match(line):
                name = match[1] or name
                parts[name] = parts.get(name, "") + ast.literal_eval(f'"{match[3]}"')
        key: Key = (parts["msgid"], parts["msgid_plural"]) if "msgid_plural" in parts else parts.get("msgid", "")
        if key:
            found[key] = [text for part, text in parts.items() if part.startswith("msgstr")]
    return found


def catalogue(language: str, domain: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


@pytest.fixture(scope="module")
def marked() -> dict[str, set[Key]]:
    return {"django": sources.of_templates() | sources.of_python(), "djangojs": sources.of_scripts()}


@pytest.mark.parametrize("domain", ["django", "djangojs"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_every_marked_text_translated_with_its_placeholders(
    language: str, domain: str, marked: dict[str, set[Key]]
) -> None:
    translations = entries(catalogue(language, domain))

    wanted = marked[domain]
    missing = sorted(str(key) for key in wanted if not all(translations.get(key, [""])))
    leftover = sorted(str(key) for key in translations.keys() - wanted)
    unlike = [key for key, texts in translations.items() for text in texts if not _fits(key, text)]

    assert (missing, leftover, unlike) == ([], [], []), "run `make messages`, then translate what is new"


def _fits(key: Key, text: str) -> bool:
    forms = [key] if isinstance(key, str) else key
    return sorted(PLACE.findall(text)) in [sorted(PLACE.findall(form)) for form in forms]


@pytest.mark.parametrize("domain", ["django", "djangojs"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_the_catalogue_says(language: str, domain: str) -> None:
    path = catalogue(language, domain)

    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for key, texts in entries(path).items():
        if isinstance(key, str):
            assert compiled.gettext(key) == texts[0], "run `make messages`"
        else:
            assert [compiled.ngettext(*key, count) for count in (1, 2)] == texts, "run `make messages`"
