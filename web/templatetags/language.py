"""The page's language in templates: sentences written elsewhere, and the words of scripts."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

from web.language import pages, sentences


@cache
def script_words(language: str) -> dict[str, Any]:
    """Translations by English text, a list of forms for what is counted.

    Empty for English, which scripts hold themselves.
    """
    if language == settings.LANGUAGE_CODE:
        return {}
    view = JavaScriptCatalog()
    view.translation = DjangoTranslation(
        language, domain="djangojs", localedirs=[str(path) for path in settings.LOCALE_PATHS]
    )
    return view.get_catalog()


register = template.Library()


@register.filter
def in_language(value: object) -> str:
    """A sentence or a word of the product in the page's language; other texts stay as they are."""
    return sentences.in_language(value) if value else ""


@register.simple_tag
def page_language() -> str:
    """The page's language, such as `de`."""
    return pages.current()


@register.simple_tag
def words_for_scripts() -> SafeString | str:
    """The catalogue that scripts of this page read; nothing in English."""
    words = script_words(pages.current())
    return json_script(words, "words") if words else ""
