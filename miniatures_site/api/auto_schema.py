"""Operations as the schema describes them: a POST that remembers keys names the header `Idempotency-Key`."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema

KEY_HEADER: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same key and body get the first answer again, and nothing is started twice.",
}


class KeyedSchema(AutoSchema):
    """drf-spectacular's own, with the header on each handler that `members.tokens.idempotency` wraps."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and self._remembers_keys():
            operation.setdefault("parameters", []).append(dict(KEY_HEADER))
        return operation

    def _remembers_keys(self) -> bool:
        """Look at the handler, and for a POST at the view's own steps, which may remember in its place."""
        steps = [step for name, step in vars(type(self.view)).items() if name.startswith("_") and self.method == "POST"]
        handlers = [getattr(self.view, self.method.lower(), None), *steps]
        return any(getattr(handler, "takes_idempotency_key", False) for handler in handlers)
