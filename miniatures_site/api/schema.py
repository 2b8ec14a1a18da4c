"""The API's schema, made once per process however many ask first: code does not change under it.

drf-spectacular keeps what it looks at on classes that all requests share, so that two who make a schema at once break
each other's.
"""

from __future__ import annotations

import threading
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.settings import APISettings

_making = threading.Lock()
_made: dict[str, Any] | None = None


def whole() -> dict[str, Any]:
    """Return the schema of OpenAPI; nobody may change what comes."""
    global _made
    with _making:
        if _made is None:
            _made = SchemaGenerator().get_schema(request=None, public=True)
        return _made


class SharedSchema(SchemaGenerator):
    """Gives a view the schema that all share."""

    def get_schema(self, request: object = None, public: bool = False) -> dict[str, Any]:
        """Return it, whoever asks: what one may do is asked at each endpoint."""
        return whole()


class _ByFormat(DefaultContentNegotiation):
    # Elsewhere in the API `?format=` is the format of a dataset file.
    settings: Any = APISettings({"URL_FORMAT_OVERRIDE": "format"})


class SchemaView(SpectacularAPIView):
    """The schema as YAML or JSON, by `?format=` or by `Accept`."""

    generator_class = SharedSchema
    content_negotiation_class = _ByFormat
