"""An answer exactly as it would go, before it is sent: by the function that its sender calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from campaigns.answers import compose
from campaigns.compose.render import UnfilledSlotError
from campaigns.models import InboxAnswer
from web.errors import Refusal


class MailHeader(NamedTuple):
    name: str
    value: str


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
    except Refusal as refusal:
        return AnswerPreview(problem=f"{refusal.message} {refusal.hint}".strip())
    except UnfilledSlotError as error:
        return AnswerPreview(problem=f"It cannot be sent as it is: {error}.")
    except ValueError as error:
        return AnswerPreview(problem=f"A header cannot be written: {error}")
    others = {name: value for name, value in made.mail.extra_headers.items() if name != "From"}
    headers = [
        ("From", made.mail.extra_headers["From"]),
        ("To", ", ".join(made.mail.to)),
        ("Reply-To", ", ".join(made.mail.reply_to)),
        ("Subject", made.subject),
        *others.items(),
    ]
    return AnswerPreview([MailHeader(*pair) for pair in headers], made.text)
