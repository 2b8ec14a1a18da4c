"""The catalogue of scripts for one language, as a page hands it to them."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog


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
