"""Sentences of acts on many drafts that arise in English, as the catalogues hold them; see `web.language.sentences`."""

from django.utils.translation import gettext_noop as _

ALL = (
    _("The form names no act."),
    _("No draft is chosen."),
    _("Choose drafts that wait to be judged."),
    _("One act takes at most %(most)s drafts; these are %(count)s."),
    _("Narrow the list and do the rest afterwards."),
    _("The drafts have changed since the preview."),
    _("Preview again."),
    _("To accept %(count)s drafts unread, type their number."),
    _("The number confirms that you mean it."),
    _("Enter the sentence to replace."),
    _("A sentence has at most %(most)s characters."),
    _("Correct this part, then preview again."),
    _("%(count)s not: %(why_words)s."),
    _("%(count)s passed over: %(why_words)s."),
    # Why a draft is left out.
    _("accepted by a judge"),
    _("judged already"),
    _("in front of a reviewer"),
    _("in your deck; judge them there"),
    _("disputed"),
    _("kept from the desk"),
    _("no longer there"),
    _("waiting for a second verdict, which is given blind"),
    _("waiting for a certain reviewer"),
    _("undone meanwhile"),
    _("nothing would change"),
    _("they do not contain the sentence"),
    _("their version of the task has other reasons"),
    _("afterwards %(why_words)s"),
    _("a lead has ruled on them"),
    _("judged by others meanwhile; their verdict counts now"),
    _("no longer set aside"),
)
