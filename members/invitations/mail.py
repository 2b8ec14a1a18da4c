"""The mail that carries an invitation's link, where this installation can send mail."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail

from members.models import Invitation

logger = logging.getLogger(__name__)


def send(invitation: Invitation, *, url: str) -> str:
    """Mail the link.

    Returns:
        What became of it, in one sentence for who invites; empty where no mail is configured.
    """
    if not settings.INVITATIONS_BY_MAIL:
        return ""
    inviter = invitation.invited_by.name if invitation.invited_by else "An admin"
    text = (
        f"{inviter} invites you to Miniatures.\n\nOpen this link to choose a password:\n{url}\n\n"
        f"It opens once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC.\n"
    )
    try:
        # A name with a line break in it would be a second header; Django refuses that, and so the subject has none.
        send_mail("An invitation to Miniatures", text, settings.INVITATIONS_FROM or None, [invitation.email])
    except Exception:
        # Providers raise what they like; the link on the page still stands.
        logger.exception("The invitation %s was not mailed", invitation.pk)
        return "The mail could not be sent: hand the link over yourself."
    return f"Mailed to {invitation.email}."
