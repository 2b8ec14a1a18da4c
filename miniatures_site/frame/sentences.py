"""Sentences of the frame that arise without a language, as the catalogues hold them."""

from django.utils.translation import gettext_noop as _

ALL = (
    _("%(name)s, a model of %(size)s M parameters"),
    _("the installation's budget for %(period)s"),
    _("the budget of the task '%(name)s'"),
    _("the budget of the task '%(name)s' for %(period)s"),
)
