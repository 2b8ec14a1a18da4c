"""Sending a version to a hub: the engine as its own process against a hub on loopback."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditRow
from jobs.models import Job
from jobs.scheduling import halt
from jobs.supervisor import run_job
from members.models import Member
from review.datasets import hub_push
from review.models import DatasetVersion, Record, Task
from review.states import Role
from tests.review import factories
from tests.review.exports.conftest import Freeze, rows_of
from tests.review.exports.hub import Hub, sent, serving
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving() as found:
        settings.HUB_ENDPOINT = found.url
        monkeypatch.setenv("HF_TOKEN", found.token)
        monkeypatch.setenv("OPENAI_API_KEY", "canary-of-somebody-else")
        yield found


@pytest.fixture
def version(freeze: Freeze, judged: list[Record]) -> DatasetVersion:
    return freeze()


@pytest.mark.slow
@pytest.mark.engine
def test_each_format_is_a_configuration_with_its_splits_and_the_card_stands_below_its_head(
    version: DatasetVersion, admin: Member, hub: Hub, tmp_path: Path
) -> None:
    job = hub_push.push(version, to="acme/gold", by=admin, formats=("sft", "dpo"))

    result = sent(job, tmp_path)

    assert result["outcome"] == "succeeded", result
    assert result["summary"]["url"] == f"{hub.url}/datasets/acme/gold"
    assert hub.made[0]["visibility"] == "private"
    rows = [
        row
        for name, data in hub.files.items()
        if name.startswith("sft/")
        for row in pq.read_table(io.BytesIO(data)).to_pylist()
    ]
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in rows_of(version, "sft"))
    readme = hub.files["README.md"].decode()
    assert "config_name: sft" in readme
    assert "config_name: dpo" in readme
    assert readme.rstrip().endswith(version.card.rstrip())
    assert any(version.content_hash[:12] in message for message in hub.messages)


@pytest.mark.slow
@pytest.mark.engine
def test_a_token_the_hub_does_not_take_fails_with_what_to_do(
    version: DatasetVersion, admin: Member, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "wrong")
    job = hub_push.push(version, to="acme/gold", by=admin)

    result = sent(job, tmp_path)

    assert (result["outcome"], result["error"]["code"]) == ("failed", "hub_refused")
    assert "wrong" not in json.dumps(result)
    assert hub.files == {}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_pushed_while_everything_that_leaves_is_stopped(
    version: DatasetVersion, admin: Member, hub: Hub
) -> None:
    job = hub_push.push(version, to="acme/gold", by=admin)
    halt.halt(by=admin, reason="a leak")

    run_job(job.pk, worker="w")

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 0)
    assert job.waiting_reason == "all outgoing traffic is stopped: a leak"
    assert (hub.made, hub.files) == ([], {})


def test_the_audit_trail_tells_who_sent_which_version_where(version: DatasetVersion, admin: Member, hub: Hub) -> None:
    with pytest.raises(Refusal):
        hub_push.push(version, to="gold", by=admin)
    hub_push.push(version, to="acme/gold", by=admin, private=False)

    (row,) = AuditRow.objects.filter(act="dataset_pushed")
    assert (row.actor, row.subject_id) == (str(admin.pk), str(version.pk))
    assert row.detail == {"to": "acme/gold", "private": False}


@pytest.mark.slow(after_first=True)
def test_an_order_with_a_mistake_is_refused_before_anything_is_sent(
    version: DatasetVersion, admin: Member, hub: Hub
) -> None:
    mistakes: list[dict[str, Any]] = [
        {"to": "gold"}, {"to": "../x/y"}, {"to": "acme/gold;rm"}, {"formats": ()}, {"formats": ("xml",)},
        {"token": "SECRET_KEY"}, {"token": "NO_SUCH_TOKEN"}, {"token": "OPENAI_API_KEY"},
    ]  # fmt: skip

    for order in mistakes:
        with pytest.raises(Refusal) as refused:
            hub_push.push(version, **{"to": "acme/gold", "by": admin, **order})
        assert list(refused.value.errors) == list(order)

    assert not Job.objects.filter(kind="push").exists()


@pytest.mark.slow
def test_the_page_orders_it_and_a_reviewer_cannot(
    version: DatasetVersion, task: Task, admin: Member, reviewer: Member, as_member: Any, hub: Hub
) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    url = f"/datasets/{version.dataset.slug}/v/{version.number}/export/"
    order = {"to": "acme/gold", "formats": ["sft"], "private": "on", "token": "HF_TOKEN"}

    refused = as_member(reviewer).post(url, order)
    seen = as_member(reviewer).get(url).content.decode()
    ordered = as_member(admin).post(url, order)

    job = Job.objects.get(kind="push")
    assert (refused.status_code, ordered.status_code, ordered["Location"]) == (403, 302, f"/jobs/{job.pk}/")
    assert job.spec["formats"] == ["sft"]
    assert "Send to a hub" not in seen
    assert f"http://testserver/api/v1/dataset-versions/{version.pk}/rows.jsonl?split=train" in seen


def test_the_command_orders_it_by_name_and_number(version: DatasetVersion, admin: Member, hub: Hub) -> None:
    call_command("push_dataset", f"{version.dataset.slug}/{version.number}", to="acme/gold", by="ada", format=["kto"])

    job = Job.objects.get(kind="push")
    assert (job.spec["version"], job.spec["formats"], job.spec["private"]) == (str(version.pk), ["kto"], True)


def test_the_command_says_what_is_wrong(version: DatasetVersion, admin: Member, hub: Hub) -> None:
    for named, by, to, word in (
        ("gold/9", "ada", "acme/gold", "no version"), ("x", "ada", "acme/gold", "is not a version"),
        ("gold/1", "nobody", "acme/gold", "no active member"), ("gold/1", "ada", "gold", "owner/name"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=word):
            call_command("push_dataset", named, to=to, by=by)


def test_the_tokens_page_loads_the_lines_for_the_newest_version_one_may_see(
    version: DatasetVersion, admin: Member, reviewer: Member, as_member: Any
) -> None:
    mine = as_member(admin).get("/datasets/pull/snippets/").content.decode()
    theirs = as_member(reviewer).get("/datasets/pull/snippets/").content.decode()

    assert f"dataset-versions/{version.pk}/rows.jsonl" in mine
    assert str(version.pk) not in theirs
