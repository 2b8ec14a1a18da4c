"""Sentences of sign-in and invitations that arise without a language, as the catalogues hold them."""

from django.utils.translation import gettext_noop as _

ALL = (
    _("Confirm that it is you, then press the button again."),
    _("This installation requires you to use an authenticator app. Set it up first."),
    _("This link is not complete."),
    _("Copy the whole link from the invitation."),
    _("This invitation was accepted already."),
    _("This invitation was revoked."),
    _("This invitation has expired."),
    _("Sign in, or ask who invited you for a new one."),
    _("The member who made this invitation may no longer invite."),
    _("Ask an admin for a new one."),
    _("There is a member '%(name)s' already."),
    _("Choose another user name."),
    _("There is a member with this address already."),
)
