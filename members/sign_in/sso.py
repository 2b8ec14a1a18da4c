"""Sign-in by the organisation's identity provider (OpenID Connect): who is let in, and as which member.

The provider is trusted for one thing: that a verified address is the person's. Roles come from the invitation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse, SignupClosedException
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from audit import trail
from members.invitations import invite
from members.models import Member
from members.recent_login import reauthentication
from web.net import allowed_hosts
from web.net.pinned_session import PinnedSession

if TYPE_CHECKING:
    from django.forms import Form


class InvitedOnlyAdapter(DefaultSocialAccountAdapter):
    """Members come in by their address, the invited become members, all others are turned away."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tie the account to the one member of its address. Allauth's own way would wipe that member's password.

        Who is signed in and ties a further account to themselves has to have proved who they are: it is a way in.

        Raises:
            ImmediateHttpResponse: They have not; it leads to where they can.
        """
        reauthentication.comes_from_provider(request, sociallogin)
        is_tying = request.user.is_authenticated and sociallogin.state.get("process") == AuthProcess.CONNECT
        if is_tying and not reauthentication.is_recent(request):
            raise ImmediateHttpResponse(
                reauthentication.ask_to_reauthenticate(request, page=reverse("socialaccount_connections"))
            )
        if sociallogin.is_existing or request.user.is_authenticated:
            return
        members = _members_of(verified_address(sociallogin))
        if len(members) == 1:
            sociallogin.connect(request, members[0])

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return whether the provider's address may join as a new member. Record a refusal without the address."""
        address = verified_address(sociallogin)
        is_open = bool(address) and not _members_of(address) and (invite.has_open(address) or _is_at_home(address))
        if not is_open:
            trail.record("sign_in_failed", by=None, by_way_of=["socialaccount"])
        return is_open

    def get_requests_session(self) -> PinnedSession:
        """Return what the provider is called with. Its own place may be private: the operator has named it.

        All other places come from the provider's answers, and are called as any that others named.
        """
        issuers = [app["settings"]["server_url"] for app in settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]]
        return PinnedSession([*settings.ALLOWED_PRIVATE_HOSTS, *map(allowed_hosts.place_name, issuers)])

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return True

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Form | None = None) -> Member:
        """Make the member, with what their invitation promised, in one transaction.

        Raises:
            SignupClosedException: The invitation was taken, or lost its worth, since the address was looked at.
        """
        address = verified_address(sociallogin)
        with transaction.atomic():
            invitation = invite.accept_pending(address)
            if invitation is None and not _is_at_home(address):
                raise SignupClosedException
            member: Member = sociallogin.user
            member.username = free_name(member.username or address.partition("@")[0])
            member.email = address
            member.display_name = (member.get_full_name() or (invitation.display_name if invitation else ""))[:80]
            member.is_superuser = member.is_staff = bool(invitation and invitation.is_admin)
            member.set_unusable_password()
            sociallogin.save(request)
            trail.record("member_added", by=None, about=member, is_admin=member.is_superuser)
            if invitation:
                invite.settle(invitation, member)
        return member


def verified_address(sociallogin: SocialLogin) -> str:
    """The address the provider has verified; empty when there is none."""
    addresses: list[EmailAddress] = sociallogin.email_addresses
    return next((str(each.email) for each in addresses if each.verified), "")


def free_name(proposal: str) -> str:
    """Return a free user name based on what a provider proposes."""
    base = re.sub(r"[^\w.@+-]", "", proposal)[:140] or "member"
    taken = {
        name.casefold() for name in Member.objects.filter(username__istartswith=base).values_list("username", flat=True)
    }
    numbered = (f"{base}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (base, *numbered) if name.casefold() not in taken)


def _members_of(address: str) -> list[Member]:
    return list(Member.objects.filter(email__iexact=address)[:2]) if address else []


def _is_at_home(address: str) -> bool:
    return address.rpartition("@")[2].casefold() in {domain.casefold() for domain in settings.OIDC_ALLOWED_DOMAINS}
