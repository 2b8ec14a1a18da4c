"""A member's own e-mail address: given by themselves, and confirmed by a link where this installation sends mail.

Single sign-on finds a member by their address, so one that nobody confirmed is taken only where there is none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import transaction

from audit import trail
from members.models import Member
from web.errors import Refusal

logger = logging.getLogger(__name__)
SALT = "members.address"
LINK_LASTS_S = 2 * 86_400
PAUSE_S = 60


def needs_confirmation() -> bool:
    """Return whether an address counts only after somebody opened a link mailed to it."""
    return bool(settings.INVITATIONS_BY_MAIL)


def change(member: Member, address: str, *, link_of: Callable[[str], str]) -> str:
    """Take a new address, or mail a link to it that confirms it; an empty one takes the present away.

    Args:
        address: A well-formed address.
        link_of: Makes the address of the page that confirms, of a token.

    Returns:
        What was done, in one sentence.

    Raises:
        Refusal: Another member has the address (409), only an admin may set it (409), a mail went out a moment ago
            (429), or the mail could not be sent (502).
    """
    if address == member.email:
        return "Your e-mail address stays as it is."
    if not address:
        _set(member, "")
        return "Your e-mail address is removed: nothing is mailed to you."
    refuse_taken(address, but=member)
    if needs_confirmation():
        _mail_link(member, address, link_of(signing.dumps([str(member.pk), member.email, address], salt=SALT)))
        return f"A link was mailed to {address}. Open it in this browser within two days; until then nothing changes."
    if settings.SOCIALACCOUNT_PROVIDERS:
        message = "Members sign in by their address here, and no mail can be sent to confirm a new one."
        raise Refusal("address_unconfirmed", message, hint="Have an admin set up a mail server.", status=409)
    _set(member, address)
    return f"Mails go to {address} now."


def confirmable(member: Member, token: str) -> str:
    """The address that a mailed link confirms.

    Raises:
        Refusal: 422, the link is broken, too old, another member's, or was made before the address changed again.
    """
    try:
        key, before, address = signing.loads(token, salt=SALT, max_age=LINK_LASTS_S)
    except (signing.BadSignature, ValueError, TypeError):
        key = before = address = ""
    if key != str(member.pk) or before != member.email:
        raise Refusal("link_invalid", "This link is no longer valid.", hint="Enter the address again.")
    return str(address)


def confirm(member: Member, token: str) -> str:
    """Take the address of a mailed link; returns it.

    Raises:
        Refusal: The link does not count (422), or another member has the address by now (409).
    """
    address = confirmable(member, token)
    refuse_taken(address, but=member)
    _set(member, address)
    return address


def refuse_taken(address: str, *, but: Member | None = None) -> None:
    """Refuse an address that another member has: single sign-on would find two members, and sign in neither."""
    others = Member.objects.exclude(pk=but.pk) if but else Member.objects.all()
    if address and others.filter(email__iexact=address).exists():
        message = "Another member has this address."
        raise Refusal("address_taken", message, hint="Enter another.", status=409, errors={"email": [message]})


def _mail_link(member: Member, address: str, link: str) -> None:
    if not cache.add(f"address-mail-{member.pk}", 1, PAUSE_S):
        raise Refusal("too_soon", "A link was mailed a moment ago.", hint="Try again in a minute.", status=429)
    text = (
        f"{member.name} wants mails of Miniatures to come to this address.\n\nOpen this link to confirm it:\n{link}\n"
    )
    try:
        send_mail("Confirm your address", text, settings.INVITATIONS_FROM or None, [address])
    except Exception:
        # Providers raise what they like; nothing has changed yet.
        logger.exception("The link of member %s was not mailed", member.pk)
        raise Refusal("not_mailed", "The mail could not be sent.", hint="Try again later.", status=502) from None


def _set(member: Member, address: str) -> None:
    with transaction.atomic():
        Member.objects.filter(pk=member.pk).update(email=address)
        trail.record("address_changed", by=member, about=member)
    member.email = address
