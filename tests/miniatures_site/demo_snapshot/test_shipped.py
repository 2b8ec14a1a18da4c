"""The shipped snapshot comes back on this database: its member signs in, its seals hold,
and nothing of it is missing.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from miniatures_site import one_machine
from miniatures_site.backup import archive
from tests.miniatures_site.backup.houses import House, databases

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[3]
# The paragraphs that two of README's pictures lead with, by their ids; and an alert that a page shows.
LEADING = {"home": "claim", "evaluation": "answer"}
ALERT = re.compile(r'<\w+ [^>]*class="alert(?! is-good)(?![^>]*hidden)[^>]*>')

RESTORE = """
from miniatures_site.demo_snapshot import snapshot
assert snapshot.is_first_start()
snapshot.restore_demo()
snapshot.settle_demo()
assert not snapshot.is_first_start()
"""
HOLD = """
import hashlib, json
from datetime import timedelta
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.utils import timezone
from audit.models import AuditRow
from audit.seals import sealing
from campaigns.experiments import design
from campaigns.models import Experiment, Look
from demo.data import login_card
from demo.data.experiment import plan
from evaluation.models import Study
from evaluation.studies import record
from review.db import immutability
from review.models import DatasetFile, DatasetVersion

card, client = login_card.read(), Client()
client.post("/accounts/login/", {"login": card["username"], "password": card["password"]})
with transaction.atomic():
    sealing.seal_days(now=timezone.now() + timedelta(days=2))
    verified = sealing.verify()
    sealed_rows = verified.rows == AuditRow.objects.count()
    # A day that is sealed before it ends moves its next rows into the future.
    transaction.set_rollback(True)
files = list(DatasetFile.objects.all())
experiment, study = Experiment.objects.get(slug=plan.SLUG), Study.objects.first()
print("SEEN", json.dumps({
    "is_let_in": client.get("/settings/").status_code,
    "audit": verified.trouble,
    "sealed_rows": sealed_rows,
    "frozen": [hashlib.sha256(default_storage.open(each.path).read()).hexdigest() == each.sha256 for each in files],
    "registration": design.registration_sha256(experiment.registration) == experiment.registration_sha256,
    "looks": [each.result["registration_sha256"] == experiment.registration_sha256 for each in Look.objects.all()],
    "study": record.sha256_of(study.record_text) == study.record_sha256,
    "cards": [f"Frozen: {each.frozen_at:%Y-%m-%d %H:%M}" in each.card for each in DatasetVersion.objects.all()],
    "triggers": immutability.missing(),
}))
"""
LOOK = """
import json
from django.conf import settings
from django.test import Client
from django.utils import timezone
from campaigns.compose.message import unsubscribe_url
from campaigns.models import Contact, Message, Suppression
from campaigns.suppression.email_addresses import hmac_of
from demo.data import load, login_card
from demo.data.experiment import plan
from demo.mail_sink.mail_folder import MailFolder
from evaluation.models import Evaluation
from members.models import Member
from review.models import Decision, SearchText

card, now = login_card.read(), timezone.now()
client = Client()
client.post("/accounts/login/", {"login": card["username"], "password": card["password"]})
steps = []
load.load(steps.append)
mail = Message.objects.filter(state="sent").latest("sent_at")
contact = Contact.objects.first()
evaluation = Evaluation.objects.filter(task__slug="outreach-e-mail").latest("created_at")
pictured = {
    "home": "/",
    "focus": "/tasks/outreach-e-mail/review/",
    "training": f"/training/{evaluation.run_id}/",
    "evaluation": f"/evaluations/{evaluation.pk}/",
    "experiment": f"/experiments/{plan.SLUG}/",
}
print("SEEN", json.dumps({
    "missing_steps": steps,
    "newest_h": (now - Decision.objects.latest("created_at").created_at).total_seconds() / 3600,
    "link": unsubscribe_url(mail.pk, None) in mail.body,
    "address": contact.address_hmac == hmac_of(contact.address),
    "suppressed": Contact.objects.filter(address_hmac__in=Suppression.objects.values("address_hmac")).count()
    == Suppression.objects.values("address_hmac").distinct().count() > 0,
    "mails": len(MailFolder(settings.MAILBOX_DIR).names()) > 100,
    "found": SearchText.objects.count() > 1000,
    "pages": {name: client.get(path, follow=True).content.decode() for name, path in pictured.items()},
    "passwords": [each.username for each in Member.objects.all() if each.has_usable_password()],
}))
"""
HISTORY = """
import json
from tests.miniatures_site.demo_snapshot import history
print("HISTORY", json.dumps([history.violations(), history.chance_changes()]))
"""


def unfolded(page: str) -> str:
    """A page without what is folded away."""
    inner = re.compile(r"<details(?:(?!<details).)*?</details>", re.DOTALL)
    while (less := inner.sub("", page)) != page:
        page = less
    return page


def words(markup: str) -> str:
    """The text of some markup, as a browser shows it."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]*>", "", markup))).strip()


@pytest.fixture(scope="module")
def restored(django_db_setup, tmp_path_factory) -> Iterator[House]:
    with databases(tmp_path_factory.mktemp("houses")) as build:
        house = build("from-snapshot")
        house.python(RESTORE)
        yield house


def seen_by(house: House, code: str) -> dict[str, object]:
    """What a look at a house printed."""
    return dict(json.loads(re.search("^SEEN (.*)$", house.python(code), re.MULTILINE)[1]))


@pytest.fixture(scope="module")
def seen(restored) -> dict[str, object]:
    return seen_by(restored, LOOK)


def test_its_member_signs_in_and_all_that_is_held_by_a_hash_holds(restored):
    held = seen_by(restored, HOLD)

    assert held["is_let_in"] == 200
    assert (held["audit"], held["sealed_rows"]) == ("", True)
    assert held["frozen"]
    assert all(held["frozen"])
    assert held["registration"]
    assert held["study"]
    assert all(held["looks"])
    assert all(held["cards"])
    assert held["triggers"] == []


@pytest.mark.slow
def test_it_is_of_today_and_under_the_keys_of_this_installation(seen):
    assert 0 <= seen["newest_h"] < 25
    assert seen["link"]
    assert seen["address"]
    assert seen["suppressed"]
    assert seen["mails"]
    assert seen["found"]
    assert seen["passwords"] == ["demo"]


@pytest.mark.slow
def test_its_pages_hold_no_alert_and_lead_with_the_figures_of_the_pictures(seen):
    pictured = json.loads((ROOT / "docs/images/figures.json").read_text())["says"]

    alerts = {name: found for name, page in seen["pages"].items() if (found := re.findall(ALERT, unfolded(page)))}
    says = {
        name: words(re.search(f'<p [^>]*id="{LEADING[name]}">(.*?)</p>', seen["pages"][name], re.DOTALL)[1])
        for name in LEADING
    }

    assert alerts == {}
    assert says == pictured


@pytest.mark.slow
def test_its_rows_tell_one_history(restored):
    told = restored.python(HISTORY)

    violations, chance_changes = json.loads(re.search("^HISTORY (.*)$", told, re.MULTILINE)[1])
    assert len(violations) > 400
    assert {pair: count for pair, count in violations.items() if count} == {}
    assert chance_changes == []


@pytest.mark.slow
def test_the_loaders_find_nothing_missing_in_it(seen):
    assert seen["missing_steps"] == []


def test_no_hash_of_a_password_no_signed_link_and_no_token_is_inside(tmp_path):
    with archive.unpacked(one_machine.DEMO_SNAPSHOT, near=tmp_path) as folder:
        text = (folder / "database.jsonl").read_text()

    assert one_machine.DEMO_SNAPSHOT.stat().st_size <= 20_000_000
    assert "pbkdf2_" not in text
    assert not re.search(r"/u/[a-z2-7]{42}", text)
    assert "127.0.0.1" not in text
    assert '"knox_authtoken"' not in text or not re.search(r'"knox_authtoken".*\n\[', text)


@pytest.mark.slow
def test_a_start_that_was_killed_while_it_restored_begins_again(restored):
    restored.python(f"from miniatures_site.demo_snapshot import snapshot; snapshot._unfinished().touch()\n{RESTORE}")

    assert '"missing_steps": []' in restored.python(LOOK)
