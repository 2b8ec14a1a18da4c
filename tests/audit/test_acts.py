"""What people do in every room leaves its row in the trail, in the act's own transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from audit.models import AuditRow
from audit.trail import ACTS
from campaigns.contacts.imports.import_file import import_contacts
from members.accounts import manage
from members.models import Member
from members.tokens import issue
from review.sources.imports.record_import import import_records
from review.spec.starters import outreach
from review.tasks import authoring, team
from tests.review.factories import make_task

pytestmark = pytest.mark.django_db
ROOMS = (
    "audit", "jobs", "members", "review", "generation", "training", "evaluation", "serving", "campaigns", "webhooks",
    "miniatures_site",
)  # fmt: skip


def trail() -> list[tuple[str, str]]:
    return list(AuditRow.objects.order_by("id").values_list("act", "actor"))


def test_who_brought_records_and_contacts_is_written_down_with_their_counts(admin: Member, tmp_path: Path) -> None:
    task = make_task(by=admin)
    file, people = tmp_path / "companies.csv", tmp_path / "people.csv"
    facts = ",".join(field.name for field in outreach.SPEC.input_schema)
    values = ",".join(f"A {field.name}" for field in outreach.SPEC.input_schema)
    file.write_text(f"{facts}\n{values}\n")
    people.write_text(
        f"email,lawful_basis,basis_source,basis_date,{facts}\nann@example.com,consent,Fair,2026-01-02,{values}\n"
    )

    import_records(task, file, by=admin)
    import_contacts(task, people, by=admin)

    records, contacts = AuditRow.objects.exclude(act="task_made").order_by("id")
    assert (records.act, records.detail["added"], records.detail["holds"]) == ("records_imported", 1, "records")
    assert (contacts.act, contacts.actor, contacts.detail["rows_added"]) == ("contacts_imported", str(admin.pk), 1)
    assert "ann@" not in str(contacts.detail)


def test_tasks_versions_and_roles_are_written_down_with_who_did_it(admin: Member, reviewer: Member) -> None:
    task = make_task(by=admin)
    authoring.new_version(task, spec=outreach.SPEC.model_copy(update={"instruction": "Shorter."}), by=admin)
    team.give_role(reviewer, task, role="reviewer", by=admin)
    team.give_role(reviewer, task, role="", by=admin)

    who = str(admin.pk)
    assert trail() == [("task_made", who), ("task_version_made", who), ("role_given", who), ("role_taken", who)]


def test_a_token_leaves_its_first_characters_and_never_itself(admin: Member) -> None:
    row, plaintext = issue.make_token(admin, name="export of Ada's", scopes=["read"], days=7)
    issue.revoke(row)

    stored = str(list(AuditRow.objects.values()))
    assert [act for act, _ in trail()] == ["token_made", "token_revoked"]
    assert plaintext not in stored
    assert "Ada" not in stored


def test_shutting_out_and_letting_in_are_written_down(admin: Member, reviewer: Member) -> None:
    manage.deactivate(reviewer, by=admin)
    manage.reactivate(reviewer, by=admin)
    manage.set_admin(reviewer, is_admin=True, by=admin)
    manage.renew_password(reviewer, by=admin)

    acts = [act for act, _ in trail()]
    assert acts == ["member_deactivated", "member_reactivated", "member_made_admin", "password_renewed"]


def test_a_refused_act_leaves_no_row(admin: Member, reviewer: Member) -> None:
    with pytest.raises(Exception, match="last admin"):
        manage.deactivate(admin, by=admin)

    assert trail() == []


def test_every_act_that_has_words_is_recorded_somewhere() -> None:
    root = Path(settings.BASE_DIR)
    code = "".join(path.read_text() for room in ROOMS for path in (root / room).rglob("*.py"))

    assert [act for act in ACTS if f'"{act}"' not in code] == []


def test_the_page_and_the_file_are_an_admins(admin: Member, reviewer: Member, as_member: Any) -> None:
    manage.renew_password(reviewer, by=admin)
    client = as_member(admin)

    page = client.get("/settings/audit/").content.decode()
    lines = b"".join(client.get("/settings/audit/audit.csv")).decode().splitlines()

    assert "Temporary password given" in page
    assert lines[0] == "id,at,who,act,subject_kind,subject_id,detail"
    assert any(",ada,password_renewed,member," in line for line in lines)
    assert as_member(reviewer).get("/settings/audit/").status_code == 403


def test_a_name_that_would_start_a_formula_does_not(make_member: Any, as_member: Any) -> None:
    admin = make_member("ada", admin=True)
    Member.objects.filter(pk=admin.pk).update(display_name="=HYPERLINK(1)")
    manage.sign_out_everywhere(Member.objects.get(pk=admin.pk))

    lines = b"".join(as_member(Member.objects.get(pk=admin.pk)).get("/settings/audit/audit.csv")).decode()

    assert ",'=HYPERLINK(1)," in lines


def test_a_filter_that_cannot_be_read_is_said_and_narrows_nothing(admin: Member, as_member: Any) -> None:
    manage.sign_out_everywhere(admin)

    page = (
        as_member(Member.objects.get(pk=admin.pk)).get("/settings/audit/?since=yesterday&act=nonsense").content.decode()
    )

    assert "This filter was ignored." in page
    assert "Signed out everywhere" in page


@pytest.mark.parametrize("address", ["/settings/audit/", "/settings/audit/audit.csv", "/api/v1/audit/"])
def test_the_last_day_there_is_ends_a_period_like_any_other(admin: Member, as_member: Any, address: str) -> None:
    answer = as_member(admin).get(f"{address}?until=9999-12-31")

    content = answer.content if not answer.streaming else b"".join(answer)
    assert (answer.status_code, b"signed_in" in content or b"Signed in" in content) == (200, True)


def test_a_page_of_thousands_of_digits_is_the_first(admin: Member, as_member: Any) -> None:
    assert as_member(admin).get(f"/settings/audit/?before={'9' * 5000}").status_code == 200


def test_programs_read_the_trail_page_by_page(admin: Member, reviewer: Member, api_as: Any) -> None:
    manage.renew_password(reviewer, by=admin)
    api = api_as(admin)

    answer = api.get("/api/v1/audit/?act=password_renewed&who=ada").json()

    assert (answer["next"], [row["act"] for row in answer["results"]]) == (None, ["password_renewed"])
    assert api_as(reviewer).get("/api/v1/audit/").status_code == 403
    assert api.get("/api/v1/audit/?since=x").status_code == 400
