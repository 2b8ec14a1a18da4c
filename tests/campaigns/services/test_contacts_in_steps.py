"""A large file of contacts is written in steps, and is all there or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from campaigns.contacts.imports import import_file
from campaigns.contacts.imports.import_file import import_contacts
from campaigns.models import Contact, ContactImport, Suppression
from campaigns.states import SuppressionReason
from campaigns.suppression import email_addresses
from members.models import Member
from review.models import Record, Source, Task
from tests.campaigns.factories import BASIS
from tests.review.factories import make_task
from tests.review.imports.watching import arriving_source, aside, at_each_claim
from web.errors import Refusal

ROWS = 3 * import_file.CHUNK


@pytest.fixture
def task(admin: Member) -> Task:
    return make_task(by=admin)


def people(folder: Path, count: int, *, last: str = "") -> Path:
    """A file in which every company has two people, far apart."""
    half = count // 2
    lines = [f"p{number}@c{number % half}.example,Company {number % half},steel" for number in range(count)]
    path = folder / "people.csv"
    path.write_text("\n".join(["address,company,sector", *lines, last]))
    return path


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_facts_are_committed_a_few_at_a_time_and_contacts_at_the_end(task: Task, admin: Member, tmp_path: Path) -> None:
    seen: set[tuple[int, int, int]] = set()

    with at_each_claim(
        lambda: seen.add(aside(lambda: (Record.everything.count(), Record.objects.count(), Contact.objects.count())))
    ):
        result = import_contacts(task, people(tmp_path, ROWS), by=admin, defaults=BASIS)

    assert (result.rows_added, Contact.objects.count()) == (ROWS, ROWS)
    assert Record.objects.count() == Contact.objects.values("record").distinct().count() == ROWS // 2
    assert {shown for _, *shown_parts in seen for shown in shown_parts} == {0}
    assert len({written for written, *_ in seen}) > 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_bad_last_row_leaves_nothing(task: Task, admin: Member, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        import_contacts(task, people(tmp_path, ROWS, last="nobody,Acme,steel"), by=admin, defaults=BASIS)

    left = [model.count() for model in (Record.everything, Source.everything, Contact.objects, ContactImport.objects)]
    assert left == [0, 0, 0, 0]


@pytest.mark.django_db
def test_more_than_one_transaction_takes_are_refused(
    task: Task, admin: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "MAX_ROWS", 10)

    with pytest.raises(Refusal) as refused:
        import_contacts(task, people(tmp_path, 12), by=admin, defaults=BASIS)

    assert (refused.value.code, refused.value.status) == ("too_many_rows", 413)
    assert not Contact.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "gone", [("a@one.example",), ("b@two.example",), ("a@one.example", "b@two.example", "c@two.example")]
)
def test_the_facts_of_who_is_suppressed_meanwhile_are_not_kept(
    task: Task, admin: Member, tmp_path: Path, gone: tuple[str, ...]
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "address,company,sector\na@one.example,One,steel\nb@two.example,Two,steel\nc@two.example,Two,steel\n"
        "A@one.example,One,steel\n"
    )

    def at_the_last_step(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and ContactImport._meta.db_table in sql:
            for address in gone:
                Suppression.objects.create(
                    address_hmac=email_addresses.hmac_from(address), reason=SuppressionReason.ERASED
                )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(at_the_last_step):
        result = import_contacts(task, path, by=admin, defaults=BASIS)

    kept = {str(contact.record_id) for contact in Contact.objects.all()}
    repeated = gone.count("a@one.example")
    assert (result.rows_added, result.rows_suppressed) == (3 - len(gone), len(gone) + repeated)
    assert {row.contact for row in result.outcomes} - {None} == set(Contact.objects.values_list("pk", flat=True))
    assert {str(pk) for pk in Record.everything.values_list("pk", flat=True)} == kept
    assert sum(Source.everything.values_list("rows_added", flat=True)) == len(kept)


@pytest.mark.django_db
def test_contacts_wait_for_another_import(task: Task, admin: Member, tmp_path: Path) -> None:
    arriving_source(task, admin, people(tmp_path, 2))

    with pytest.raises(Refusal) as refused:
        import_contacts(task, people(tmp_path, 2), by=admin, defaults=BASIS)

    assert refused.value.code == "import_running"
