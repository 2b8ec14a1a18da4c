"""Recording an act.

Called by the services of every room, inside their own transaction; knows ids and plain values only.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from audit.models import AuditDigest, AuditRow
from web.db import database_clock

ACTS: dict[str, str] = {
    "signed_in": "Signed in",
    "signed_out": "Signed out",
    "sign_in_failed": "Sign-in failed",
    "signed_out_everywhere": "Signed out everywhere",
    "second_factor_on": "Authenticator app turned on",
    "second_factor_off": "Authenticator app turned off",
    "recovery_codes_made": "Recovery codes made",
    "member_added": "Member added",
    "member_deactivated": "Member deactivated",
    "member_reactivated": "Member reactivated",
    "work_handed_over": "Work handed over",
    "member_made_admin": "Member made admin",
    "member_unmade_admin": "Member no longer admin",
    "password_renewed": "Temporary password given",
    "password_changed": "Password changed",
    "account_tied": "Account of the provider tied",
    "account_untied": "Account of the provider untied",
    "address_changed": "E-mail address changed",
    "invited": "Invitation made",
    "invitation_revoked": "Invitation revoked",
    "invitation_accepted": "Invitation accepted",
    "token_made": "API token made",
    "token_revoked": "API token revoked",
    "role_given": "Role given",
    "role_taken": "Role taken",
    "task_made": "Task made",
    "task_version_made": "Task version made",
    "desk_changed": "Desk settings changed",
    "cards_shared_out": "Cards shared out",
    "share_out_undone": "Share-out undone",
    "share_out_ended": "Share-out over",
    "bulk_act": "Bulk decision",
    "bulk_act_undone": "Bulk decision undone",
    "ruled": "Dispute ruled",
    "records_imported": "Records or drafts imported",
    "import_taken_back": "Import taken back",
    "decisions_imported": "Decisions imported",
    "contacts_imported": "Contacts imported",
    "file_downloaded": "File downloaded",
    "dataset_frozen": "Freezing ordered",
    "dataset_downloaded": "Dataset file downloaded",
    "dataset_pushed": "Dataset pushed to a hub",
    "sample_revoked": "Sample revoked",
    "drafts_recalled": "Drafts recalled",
    "recall_undone": "Recall undone",
    "person_erased": "Person erased",
    "objection_taken_back": "Opt-out read from a reply corrected",
    "reply_attached": "Mail from another address attached to a contact",
    "unmatched_set_aside": "Mail from another address set aside",
    "answer_sent": "Answer to a reply sent",
    "answer_settled": "Outcome of an answer recorded",
    "inbox_set_up": "Tasks of a campaign's inbox chosen",
    "person_exported": "Person's data exported",
    "hook_made": "Webhook made",
    "hook_changed": "Webhook changed",
    "teacher_made": "Teacher made",
    "teacher_changed": "Teacher changed",
    "teacher_key_set": "Key of a teacher entered",
    "teacher_key_removed": "Key of a teacher removed",
    "generation_launched": "Generation launched",
    "texts_judged": "Texts given to a judge",
    "acceptance_tried": "Acceptance by a judge requested",
    "acceptance_borne_out": "Acceptance by a judge confirmed",
    "acceptance_ended": "Acceptance by a judge ended",
    "drafts_machine_accepted": "Drafts accepted by a judge",
    "claims_checked": "Claims given to a teacher to check",
    "claim_records_made": "Claim records made of decisions",
    "judge_records_made": "Records to train a judge made of decisions",
    "synthetic_records_ordered": "Synthetic records ordered",
    "synthetic_records_taken_in": "Synthetic records taken in again",
    "calls_settled": "Uncertain calls settled",
    "call_corrected": "Cost of a call corrected",
    "proposal_made": "Task version proposed",
    "proposal_accepted": "Proposed version accepted",
    "proposal_dismissed": "Proposed version dismissed",
    "price_set": "Price set",
    "price_removed": "Price removed",
    "price_shutdown_set": "Shutdown date of a model set",
    "hourly_rate_set": "Hourly rate of reviewers set",
    "budget_set": "Budget set",
    "budget_removed": "Budget removed",
    "host_price_set": "Host price set",
    "host_price_removed": "Host price removed",
    "student_registered": "Student registered",
    "host_drained": "Host drained",
    "host_undrained": "Host takes jobs again",
    "replica_started": "Serving started on a host",
    "replica_drained": "Replica drained",
    "replica_undrained": "Replica takes questions again",
    "job_prioritised": "Job given a priority",
    "run_launched": "Training run launched",
    "run_exported": "Training run exported",
    "run_adopted": "Training run adopted",
    "miniature_exported": "Miniature exported",
    "miniature_pushed": "Miniature sent to a hub",
    "sweep_launched": "Sweep launched",
    "test_split_opened": "Test split opened",
    "arena_opened": "Arena opened",
    "arena_closed": "Arena closed",
    "suite_frozen": "Suite frozen",
    "gate_set": "Gate set",
    "gate_overridden": "Miniature promoted over what stood against it",
    "miniature_promoted": "Miniature promoted",
    "miniature_demoted": "Miniature demoted",
    "router_made": "Router made",
    "router_set": "Thresholds of a router set",
    "fallback_set": "Teacher set to answer while nothing serves",
    "fallback_removed": "Teacher answers no more while nothing serves",
    "pipeline_saved": "Pipeline saved",
    "pipeline_promoted": "Default pipeline set",
    "pipeline_demoted": "Default pipeline taken back",
    "campaign_launched": "Campaign launched",
    "campaign_steered": "Campaign paused, resumed or ended",
    "next_round_started": "Next round of an experiment started",
    "contact_corrected": "Contact corrected",
    "contact_removed": "Contact removed",
    "guardrail_tripped": "Campaign paused by a guardrail",
    "guardrail_lifted": "Guardrail of a campaign lifted",
    "sender_made": "Sender made",
    "sender_changed": "Sender changed",
    "suppressed": "Addresses suppressed",
    "suppression_lifted": "Address taken off the suppression list",
    "fixed_mails_decided": "Mails with a fixed text decided",
    "experiment_registered": "Experiment registered",
    "halted": "Outgoing traffic stopped",
    "resumed": "Outgoing traffic resumed",
    "backup_made": "Backup made",
    "restored": "Restored from a backup",
}


LONGEST_TEXT = 200
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class HasId(Protocol):
    """Anything with a primary key: a member, a row of any room."""

    @property
    def pk(self) -> Any: ...


Plain = str | int | bool | None


def record(act: str, *, by: HasId | None, about: HasId | None = None, **detail: Plain | list[str]) -> AuditRow:
    """Append one act to the trail.

    It belongs to the caller's transaction: an act that is rolled back leaves no row.

    Args:
        act: One of `audit.trail.ACTS`.
        by: The acting member; None for the installation itself or an unknown person.
        about: What it was done to; its kind and id are kept, nothing else of it.
        detail: A few plain values such as `role="lead"` or `rows=120`. Never secrets, texts, names or addresses.

    Raises:
        ValueError: There is no such act: a mistake of the code.
    """
    if act not in ACTS:
        raise ValueError(f"'{act}' is not an act of the audit trail: name it in audit/trail.py.")
    return AuditRow.objects.create(
        at=_now(),
        actor="" if by is None else str(by.pk),
        act=act,
        subject_kind="" if about is None else type(about).__name__.lower()[:40],
        subject_id="" if about is None else str(about.pk)[:64],
        detail={key: _plain(value) for key, value in detail.items()},
    )


def _now() -> datetime:
    """The database's time, but no time of a sealed day, where a row more would break the seal."""
    sealed = AuditDigest.objects.order_by("-day").values_list("day", flat=True).first()
    now = database_clock.now()
    return max(now, datetime.combine(sealed + timedelta(days=1), time.min, tzinfo=UTC)) if sealed else now


def is_recorded(act: str, *, by: HasId, about: HasId, **detail: Plain) -> bool:
    """Return whether a member did this to a thing before, with the same plain values."""
    rows = AuditRow.objects.filter(act=act, actor=str(by.pk), subject_id=str(about.pk))
    return any(row == detail for row in rows.values_list("detail", flat=True).distinct())


def _plain(value: Plain | list[str]) -> Plain | list[str]:
    if isinstance(value, str):
        # What one of the databases cannot keep would come back changed, and the day's seal would not hold.
        return _UNSTORABLE.sub("", value)[:LONGEST_TEXT]
    if isinstance(value, list):
        return [_UNSTORABLE.sub("", str(part))[:LONGEST_TEXT] for part in value[:50]]
    return value


# A kind is the lower-cased name of a model; one that is not here is shown as it stands.
KIND_NAMES: dict[str, str] = {
    "budget": "Budget",
    "bulkact": "Bulk decision",
    "campaign": "Campaign",
    "contactimport": "Contact import",
    "draft": "Draft",
    "datasetversion": "Dataset",
    "experiment": "Experiment",
    "gate": "Gate",
    "order": "Order",
    "hook": "Webhook",
    "host": "Host",
    "hostprice": "Host price",
    "invitation": "Invitation",
    "job": "Job",
    "member": "Member",
    "miniature": "Miniature",
    "priceentry": "Price",
    "recall": "Recall",
    "reply": "Reply",
    "senderidentity": "Sender",
    "shareout": "Share-out",
    "source": "Source",
    "student": "Student",
    "suite": "Suite",
    "sweep": "Sweep",
    "task": "Task",
    "taskproposal": "Proposed version",
    "taskversion": "Task version",
    "teacher": "Teacher",
    "trainingrun": "Run",
}
