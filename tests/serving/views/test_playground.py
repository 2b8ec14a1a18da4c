"""The playground: both sides written as one watches, without scripts too, refusals in words."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import subprocess

import httpx
import pytest
from django.test import Client

from generation.models import Order
from review.models import Record
from review.spec.schema import InputField
from review.tasks import authoring
from review.tasks.queries import latest_version
from serving.models import Usage
from serving.playground import texts
from tests.serving.waiting import wait_until
from training.models import HostPrice
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = {"company": "Northwind Cold Chain", "sector": "cold logistics", "trigger": "opened a depot in Rotterdam"}


def events(body: str):
    return [json.loads(part.removeprefix("data: ")) for part in body.split("\n\n") if part]


def typed(facts: dict[str, str]) -> dict[str, str]:
    return {f"fact-{name}": text for name, text in facts.items()}


def write(site, client: Client, task, *, facts=None, **form):
    """A POST to the running site with the session of a test client, as a browser's script sends it."""
    address = f"{site.url.removesuffix('/v1')}/tasks/{task.slug}/playground/"
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with httpx.Client(cookies=cookies, timeout=60) as web:
        web.get(address)
        token = web.cookies["csrftoken"]
        return web.post(
            f"{address}write/", data={**typed(FACTS | (facts or {})), **form}, headers={"X-CSRFToken": token}
        )


@pytest.mark.slow
@pytest.mark.engine
def test_a_miniature_s_text_comes_in_pieces_and_then_drawn_with_its_figures(
    site, engine, promoted, lead, task, as_member
):
    answer = write(site, as_member(lead), task, model=f"miniature-{promoted.slug}")

    told = events(answer.text)
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert len(told) > 3
    assert all(set(each) == {"text"} for each in told[:-1])
    assert "tokens read" in told[-1]["html"]
    wait_until(lambda: Usage.objects.filter(miniature=promoted, member=lead, requests=1).exists())


@pytest.mark.slow
@pytest.mark.engine
def test_the_curl_beside_an_answer_asks_the_same_when_it_is_pasted(
    site, engine, promoted, lead, task, as_member, key_of
):
    HostPrice.objects.create(host="default", usd_per_hour="0.10")
    odd = 'O\'Neill & Söhne: "$HOME" `id` \\ 100 %'
    page = events(write(site, as_member(lead), task, model=f"miniature-{promoted.slug}", facts={"trigger": odd}).text)[
        -1
    ]["html"]
    line = html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1])

    done = subprocess.run(
        ["sh", "-c", line],
        env={**os.environ, "TOKEN": key_of(lead)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert line.startswith(f"curl {site.url}/chat/completions")
    assert re.search(r"\$0\.0+\d\d this answer", page)
    answer = json.loads(done.stdout)
    assert answer["model"] == promoted.slug
    assert answer["usage"]["completion_tokens"] > 0
    sent = json.loads(shlex.split(line)[-1])
    assert odd in sent["messages"][-1]["content"]


@pytest.mark.slow
def test_a_line_of_ones_own_begins_with_the_facts_that_the_student_reads_empty(promoted, lead, task, as_member):
    page = as_member(lead).get(f"/tasks/{task.slug}/playground/?own=1&right=").content.decode()

    assert "A line of your own" in page
    assert ">Ask</button>" in page
    assert re.search(r'<textarea name="fact-company"[^>]*>\s*</textarea>', page)
    assert 'name="record" value' not in page
    assert page.count("<select") == 1


@pytest.mark.slow
def test_a_line_of_ones_own_asks_for_no_fact_that_the_student_does_not_read(promoted, lead, admin, task, as_member):
    spec = latest_version(task).spec.model_copy(update={"student_template": "{{fact.trigger}}"})
    authoring.new_version(task, spec=spec, by=admin)
    record = Record.objects.filter(task=task, split="validation").order_by("created_at", "pk").first()

    page = as_member(lead).get(f"/tasks/{task.slug}/playground/?own=1&right=").content.decode()

    assert re.findall(r"<label for=\"id_fact-(\w+)\"", page) == ["trigger"]
    assert re.findall(r'<textarea name="fact-(\w+)"', page) == ["trigger"]
    assert f'<input type="hidden" name="fact-company" value="{html.escape(record.facts["company"])}"' in page


@pytest.mark.slow
def test_the_offline_teacher_writes_beside_it_at_the_price_of_a_named_model(site, promoted, lead, task, as_member):
    told = events(write(site, as_member(lead), task, model="teacher-offline").text)

    assert "Northwind Cold Chain" in told[0]["text"]
    assert "$0.00 " not in told[-1]["html"]
    assert "priced as a named model" in told[-1]["html"]
    assert "curl" not in told[-1]["html"]
    assert Order.objects.count() == 0


@pytest.mark.slow
def test_facts_that_do_not_fit_and_a_missing_engine_are_said_in_words(
    site, promoted, lead, task, as_member, settings, tmp_path
):
    settings.SERVING_SOCKET = str(tmp_path / "none.sock")

    bad = write(site, as_member(lead), task, model="teacher-offline", facts={"company": ""})
    away = write(site, as_member(lead), task, model=f"miniature-{promoted.slug}")
    unknown = write(site, as_member(lead), task, model="miniature-nobody")

    assert (bad.status_code, "company" in bad.json()["hint"]) == (422, True)
    assert (away.status_code, "engine" in away.json()["message"]) == (503, True)
    assert unknown.status_code == 404


@pytest.mark.slow
def test_the_page_begins_with_a_record_no_miniature_has_seen(promoted, lead, task, as_member):
    client = as_member(lead)
    record = Record.objects.filter(task=task, split="validation").order_by("created_at", "pk").first()

    html = client.get(f"/tasks/{task.slug}/playground/?left={promoted.slug}").content.decode()

    assert record.facts["company"] in html
    assert f'<option value="miniature-{promoted.slug}" selected>' in html
    assert "Offline teacher" in html


def test_a_teacher_that_is_billed_is_named_with_its_price_and_chosen_by_hand_only(lead, task, as_member, monkeypatch):
    from generation.models import Teacher

    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    Teacher.objects.create(slug="gpt", name="A GPT", provider="openai", model="gpt-4o", secret_ref="OPENAI_API_KEY")
    client, address = as_member(lead), f"/tasks/{task.slug}/playground/"

    first = client.get(address).content.decode()
    wanted = client.get(f"{address}?right=teacher-gpt").content.decode()

    assert "per million tokens)" in first
    assert first.count('<option value="teacher-offline" selected>') == 1
    assert first.count('<option value="" selected>None</option>') == 1
    assert '<option value="teacher-gpt" selected>' not in first
    assert wanted.count('<option value="teacher-gpt" selected>') == 1


@pytest.mark.slow
@pytest.mark.engine
def test_without_scripts_a_post_shows_both_texts(engine, promoted, lead, task, as_member):
    form = {**typed(FACTS), "left": f"miniature-{promoted.slug}", "right": "teacher-offline"}

    html = as_member(lead).post(f"/tasks/{task.slug}/playground/", form).content.decode()

    assert html.count("tokens read") == 2
    assert "Northwind Cold Chain" in html


@pytest.mark.slow
def test_a_paid_teacher_writes_for_a_record_as_imported_only(site, promoted, lead, task, as_member, monkeypatch):
    from generation.models import Teacher

    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    Teacher.objects.create(slug="gpt", name="GPT", provider="openai", model="gpt-4o", secret_ref="OPENAI_API_KEY")

    told = events(write(site, as_member(lead), task, model="teacher-gpt").text)

    assert "Choose a record" in told[-1]["error"]
    assert Order.objects.count() == 0


@pytest.mark.parametrize("name", ["model", "record", "left"])
def test_a_fact_may_be_called_as_the_page_s_own_choices_are(name, lead, admin, task, as_member):
    fact = InputField(name=name, description="What was sold", required=True)
    spec = latest_version(task).spec
    authoring.new_version(task, spec=spec.model_copy(update={"input_schema": (*spec.input_schema, fact)}), by=admin)
    client, address = as_member(lead), f"/tasks/{task.slug}/playground/"
    form = {**typed({**FACTS, name: "Hilux"}), "left": "teacher-offline", "right": ""}

    page = client.post(address, form).content.decode()
    values = {**typed({**FACTS, name: "Hilux"}), "model": "teacher-offline"}

    assert f'name="fact-{name}"' in page
    assert "tokens read" in page
    assert texts.prepare(lead, task.slug, values, site="").facts[name] == "Hilux"
    with pytest.raises(Refusal, match="does not fit"):
        texts.prepare(lead, task.slug, {**typed(FACTS), "model": "teacher-offline", name: "teacher-offline"}, site="")
