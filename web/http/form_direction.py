"""Text direction of form fields: that of the text typed into them."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest

_WRITTEN_IN = ("text.html", "textarea.html", "search.html")


class WidgetsByDirection(DjangoTemplates):
    """Django's own widgets, those for text with `dir="auto"`."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name.rpartition("/")[2] in _WRITTEN_IN:
            context["widget"]["attrs"].setdefault("dir", "auto")
        return super().render(template_name, context, request)
