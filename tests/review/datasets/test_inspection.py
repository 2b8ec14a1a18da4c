"""What is found in the rows of a version on their way in: personal data by policy, and what stands in two splits."""

from __future__ import annotations

import json

import pytest
from django.core.files.storage import default_storage

from members.models import Member
from review.datasets import queries as selectors
from review.models import DatasetVersion, Draft, Record, Task
from review.text.personal_data import KINDS
from tests.review import factories
from tests.review.datasets import golds
from tests.review.datasets.golds import frozen
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def judged(task: Task, by: Member, records: list[Record], fields: list[dict[str, str]]) -> None:
    factories.make_drafts(task, records, fields=fields)
    golds.accept_all(by, task, count=len(records))


def all_text(version: DatasetVersion) -> str:
    texts = []
    for file in selectors.files_of(version):
        if file.container == "jsonl":
            with default_storage.open(file.path) as handle:
                texts.append(handle.read().decode())
    return "\n".join(texts)


def with_people(record: Record, variant: int) -> dict[str, str]:
    fields = golds.mail(record, variant=variant)
    body = fields["body"].replace("Hi {{contact.first_name}}", "Dear Ms Okonkwo")
    return {**fields, "body": f"{body} Okonkwo, call +44 20 7946 0958 or write to ngozi.okonkwo@example.org."}


def test_personal_data_is_counted_and_its_rows_are_named_but_not_what_they_say(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 2)
    judged(task, admin, records, [with_people(records[0], 1), golds.mail(records[1])])

    version = frozen(task, admin)

    found = version.manifest["personal_data"]
    assert (found["policy"], found["rows"]) == ("keep", 1)
    assert {kind: counted["rows"] for kind, counted in found["kinds"].items()} == {
        **dict.fromkeys(KINDS, 0), "mail": 1, "phone": 1, "name": 1,
    }  # fmt: skip
    assert [sample["kinds"] for sample in found["samples"]] == ["mail, name, phone"]
    assert "Okonkwo" not in json.dumps(version.manifest)


def test_masked_it_is_gone_from_every_file_and_says_so_the_same_way_throughout(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 1)
    records[0].facts = {**records[0].facts, "contact_name": "Ngozi Okonkwo"}
    records[0].save()
    judged(task, admin, records, [with_people(records[0], 1)])

    text = all_text(frozen(task, admin, personal_data="mask"))

    assert "Okonkwo" not in text
    assert "okonkwo" not in text
    assert "7946" not in text
    row = next(json.loads(line) for line in text.splitlines() if '"completion"' in line)
    assert "Dear Ms [NAME_1]" in row["completion"][0]["content"]
    assert "[NAME_1], call [PHONE_1] or write to [MAIL_1]." in row["completion"][0]["content"]


def test_masked_a_person_is_not_told_by_the_group_of_the_rows(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 3)
    for record, name in zip(records, ("Ngozi Okonkwo", "Ngozi Okonkwo", "Aarhus Works"), strict=True):
        record.facts, record.group = {**record.facts, "company": name}, name.casefold()
        record.split = "train"
    Record.objects.bulk_update(records, ["facts", "group", "split"])
    judged(task, admin, records, [golds.mail(record) for record in records])

    text = all_text(frozen(task, admin, personal_data="mask"))

    rows = [json.loads(line) for line in text.splitlines() if line]
    groups = {row["record"]["id"]: row["record"]["group"] for row in rows if "record" in row}
    told = {meta["record"]: meta["group"] for row in rows if "meta" in row for meta in [json.loads(row["meta"])]}
    first, second, third = (groups[str(record.pk)] for record in records)
    assert "okonkwo" not in "".join(groups.values())
    assert (first, second == third, told) == (second, False, groups)


def test_refused_it_stops_the_freezing_and_names_the_rows(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 1)
    judged(task, admin, records, [with_people(records[0], 1)])

    with pytest.raises(Refusal, match=r"1 row .*mail, name, phone in row") as refused:
        frozen(task, admin, personal_data="refuse")

    assert "masked" in refused.value.hint
    assert not DatasetVersion.objects.get().is_frozen


def test_it_is_found_in_a_text_that_an_accepted_one_is_preferred_to(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 1)
    factories.make_drafts(task, records, fields=[with_people(records[0], 1)])
    golds.decide(admin, task, "reject")
    factories.make_drafts(task, records, fields=[golds.mail(records[0])])
    accepted = golds.decide(admin, task).draft
    parent = Draft.objects.exclude(pk=accepted.pk).get()
    Draft.objects.filter(pk=accepted.pk).update(parent=parent)

    version = frozen(task, admin)

    assert "okonkwo" in all_text(version)
    assert version.manifest["personal_data"]["rows"] == 1
    with pytest.raises(Refusal, match="mail, name, phone in row"):
        frozen(task, admin, personal_data="refuse")


def test_earlier_mails_in_the_prompt_of_a_follow_up_are_masked_too(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 1)
    judged(task, admin, records, [golds.mail(records[0])])
    Draft.objects.update(thread=[{"subject": "One", "body": with_people(records[0], 1)["body"]}])

    text = all_text(frozen(task, admin, personal_data="mask"))

    assert "call [PHONE_1] or write to [MAIL_1]" in text
    assert "okonkwo" not in text.lower()


def test_it_is_found_in_words_on_where_a_draft_comes_from(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 1)
    judged(task, admin, records, [golds.mail(records[0])])
    Draft.objects.update(provenance="Sent by jo.smith@example.com")

    masked = frozen(task, admin, personal_data="mask")

    assert '"note":"Sent by [MAIL_1]"' in all_text(masked)
    with pytest.raises(Refusal, match="mail in row"):
        frozen(task, admin, personal_data="refuse")


def test_slots_are_no_personal_data(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 3)
    judged(task, admin, records, [golds.mail(record) for record in records])

    assert frozen(task, admin, personal_data="refuse").manifest["personal_data"]["rows"] == 0


def test_a_company_in_two_splits_is_refused_by_name(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 2)
    records[0].split, records[1].split, records[1].group = "train", "test", records[0].group.upper() + " Ltd."
    Record.objects.bulk_update(records, ["split", "group"])
    judged(task, admin, records, [golds.mail(record) for record in records])

    with pytest.raises(Refusal, match="aarhus works 0"):
        frozen(task, admin)


def test_a_domain_in_two_splits_is_refused_even_under_two_names(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 2)
    for record, split, host in zip(
        records, ("train", "test"), ("www.acme.co.uk", "https://shop.acme.co.uk/x"), strict=True
    ):
        record.split, record.facts = split, {**record.facts, "domain": host}
    Record.objects.bulk_update(records, ["split", "facts"])
    judged(task, admin, records, [golds.mail(record) for record in records])

    with pytest.raises(Refusal, match=r"acme\.co\.uk"):
        frozen(task, admin)


def test_a_run_of_words_that_test_shares_with_train_is_told(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 3)
    shared = " ".join(f"shared{step}" for step in range(20))
    for record, split in zip(records, ("train", "test", "test"), strict=True):
        record.split = split
    Record.objects.bulk_update(records, ["split"])
    fields = [golds.mail(record) for record in records]
    for one in fields[:2]:
        one["body"] += " " + shared
    judged(task, admin, records, fields)

    leakage = frozen(task, admin).manifest["leakage"]

    assert leakage["company_in_two_splits"] == leakage["domain_in_two_splits"] == leakage["prompt_in_two_splits"] == 0
    assert (leakage["test_rows"], leakage["test_rows_with_a_run_from_train"]) == (2, 1)
    assert 0 < leakage["share_of_test_runs_in_train"] < 0.5


def test_labels_are_no_texts_and_words_are_those_of_the_records(admin: Member) -> None:
    task = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False))
    records, words = golds.make_records(task, 3), " ".join(golds.WORDS[:20])
    for record, split in zip(records, ("train", "test", "test"), strict=True):
        own = words if record != records[2] else words.replace("r", "t")
        record.split, record.facts = split, {"company": record.title, "text": f"{own} {record.title}"}
    Record.objects.bulk_update(records, ["split", "facts"])
    judged(task, admin, records, [{"category": "bug", "urgent": False}] * 3)

    version = frozen(task, admin)

    leakage = version.manifest["leakage"]
    assert ("text_in_two_splits" in leakage, leakage["facts_in_two_splits"]) == (False, 0)
    assert (leakage["test_rows"], leakage["test_rows_with_a_run_from_train"]) == (2, 1)
    assert "in two splits: 0 prompts, 0 facts.\n" in version.card


def test_equal_facts_and_prompts_in_two_splits_are_told(task: Task, admin: Member) -> None:
    records = golds.make_records(task, 2)
    for record, split in zip(records, ("train", "test"), strict=True):
        record.split, record.facts = split, {"company": "Same Name", "sector": "rail"}
    Record.objects.bulk_update(records, ["split", "facts"])
    judged(task, admin, records, [golds.mail(record) for record in records])

    leakage = frozen(task, admin).manifest["leakage"]

    assert (leakage["facts_in_two_splits"], leakage["prompt_in_two_splits"]) == (1, 1)
