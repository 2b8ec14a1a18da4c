"""Access to miniatures: tokens, scopes and roles, in the words of OpenAI's errors. Blocks its thread.

Knows members and promotions; does not know the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from members.models import Member
from members.tokens.authentication import BearerAuthentication
from members.tokens.scopes import allows
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from serving.openai.errors import ApiError
from serving.openai.requests import ChatRequest
from serving.promotions import queries
from serving.runtime import internal_keys
from training.models import Miniature

SCOPE = "serve"


@dataclass(frozen=True)
class Caller:
    """Asker: a member with a token, or one of the product's own engines (`member` is None)."""

    member: Member | None
    token: str
    scopes: tuple[str, ...] = ()

    @property
    def member_id(self) -> UUID | None:
        return self.member.pk if self.member else None


@dataclass(frozen=True)
class RequestedRecord:
    """Record that a question names in place of messages.

    Attributes:
        id: The imported record with these facts, where there is one.
        spec: The task as its teachers are asked it.
    """

    facts: Facts
    id: UUID | None
    spec: TaskSpec


@dataclass(frozen=True)
class AdmittedRequest:
    caller: Caller
    question: ChatRequest
    miniature: Miniature
    record: RequestedRecord | None = None


def caller_of(authorization: str) -> Caller:
    """Return who stands behind an `Authorization` header.

    Raises:
        ApiError: 401, no known token; 403, it lacks the scope.
    """
    scheme, _, key = authorization.partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise ApiError(
            401,
            "Give an API token: 'Authorization: Bearer <token>'. Make one under Settings, API tokens.",
            code="missing_api_key",
        )
    if key.startswith(internal_keys.PREFIX):
        if not internal_keys.is_valid(key):
            raise ApiError(401, "This internal key is not valid or too old.", code="invalid_api_key")
        return Caller(None, "internal")
    try:
        member, token = BearerAuthentication().authenticate_credentials(key.encode("utf-8", "replace"))
    except AuthenticationFailed as refusal:
        raise ApiError(401, str(refusal.detail), code="invalid_api_key") from None
    if not allows(token.scopes, SCOPE):
        held = ", ".join(token.scopes) or "none"
        message = f"This token lacks the scope '{SCOPE}' (it has: {held}). Make one that has it."
        raise ApiError(403, message, code="insufficient_scope")
    return Caller(member, key[: CONSTANTS.TOKEN_KEY_LENGTH], tuple(token.scopes))


def served_miniature(name: str, caller: Caller) -> Miniature:
    """The served miniature of a name.

    Raises:
        ApiError: 404; what exists and is not the caller's looks the same as what does not.
    """
    miniature = queries.find_served(name, member=caller.member)
    if miniature is None:
        raise no_model(name)
    return miniature


def no_model(name: str) -> ApiError:
    """Say that there is no such model; what exists and is not the caller's looks the same."""
    return ApiError(
        404,
        f"The model '{name[:120]}' does not exist or is not yours to ask. GET /v1/models lists those that are.",
        code="model_not_found",
        param="model",
    )
