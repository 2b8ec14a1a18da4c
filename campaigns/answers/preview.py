"""An answer exactly as it would go, before it is sent: by the function that its sender calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from campaigns.answers import compose
from campaigns.compose.message import MailHeader, problem_of
from campaigns.models import InboxAnswer
from web.errors import Refusal


@dataclass(frozen=True)
class AnswerPreview:
    """A mail as it would go, or why it could not.

    Attributes:
        headers: In the order of the mail.
        problem: Why there is no such mail; empty where there is.
    """

    headers: list[MailHeader] = field(default_factory=list)
    text: str = ""
    problem: str = ""


def preview(answer: InboxAnswer) -> AnswerPreview:
    try:
        made = compose.compose(answer)
    except (Refusal, ValueError) as error:
        return AnswerPreview(problem=problem_of(error))
    return AnswerPreview(made.headers, made.text)
