"""Wording of bulk acts on drafts: lines of pages, and sentences that the language catalogues hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext

from review.bulk.planning import EligibleDraft
from review.drafts.openings import openings
from review.spec.readable import in_reading_order, readable
from review.spec.spec_diff import word_diff
from review.states import Verdict
from web.templatetags.figures import fixed

if TYPE_CHECKING:
    from review.models import BulkAct

# A sample is read at a glance; a text of a megabyte is not.
LONGEST_SAMPLE = 4000
VERDICTS = [
    ("reject", _("Reject")),
    ("accept", _("Accept")),
    ("edit", _("Change a sentence")),
    ("set_aside", _("Set aside")),
]


def done(act: BulkAct) -> str:
    """`213 drafts rejected`."""
    count = act.count
    words = {
        "accept": ngettext("%(count)s draft accepted", "%(count)s drafts accepted", count),
        "reject": ngettext("%(count)s draft rejected", "%(count)s drafts rejected", count),
        "edit": ngettext("%(count)s draft edited", "%(count)s drafts edited", count),
        "set_aside": ngettext("%(count)s draft set aside", "%(count)s drafts set aside", count),
    }
    return words[act.verdict] % {"count": fixed(count, 0)}


def act(bulk_act: BulkAct) -> dict[str, Any]:
    """A line of the banner of latest acts."""
    return {
        "id": bulk_act.pk,
        "words": done(bulk_act),
        "at": bulk_act.created_at,
        "is_aside": bulk_act.verdict == "set_aside",
    }


def button(verdict: str, number: int) -> str:
    """`Reject 213 drafts`."""
    words = {
        "accept": ngettext("Accept %(count)s draft", "Accept %(count)s drafts", number),
        "reject": ngettext("Reject %(count)s draft", "Reject %(count)s drafts", number),
        "edit": ngettext("Edit %(count)s draft", "Edit %(count)s drafts", number),
        "set_aside": ngettext("Set %(count)s draft aside", "Set %(count)s drafts aside", number),
    }
    return words[verdict] % {"count": fixed(number, 0)}


def sample(eligible: EligibleDraft) -> dict[str, Any]:
    """A draft of a preview, with what an edit would change in it."""
    draft = eligible.draft
    spec = draft.task_version.spec
    text = readable(spec, draft.fields)[:LONGEST_SAMPLE]
    is_edit = eligible.verdict == Verdict.EDIT
    after = readable(spec, eligible.fields or {})[:LONGEST_SAMPLE] if is_edit else ""
    return {
        "title": draft.record.title,
        "id": draft.pk,
        "opening": openings([draft.fields], [field.name for field in in_reading_order(spec.output_schema)])[0],
        "text": text,
        "segments": word_diff(text, after) if is_edit else (),
    }


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
