"""Serving as a job: promotion starts it, a crash starts it anew, a running engine hears of later promotions."""

from __future__ import annotations

import os
import signal

import openai
import pytest

from jobs.models import Job
from jobs.states import FINISHED
from serving.promotions import promotion
from serving.runtime import engine_client, status, switch
from tests.serving.tiny import user
from tests.serving.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine, pytest.mark.slow, pytest.mark.alone]


def known():
    return {model["name"] for model in (engine_client.engine_state() or {}).get("models", [])}


def test_a_promotion_starts_serving_and_later_ones_reach_the_running_engine(
    workers, make_miniature, folders, admin, lead
):
    first = make_miniature()
    promotion.promote(first, by=lead)
    wait_until(lambda: known() == {first.slug})
    assert status.serving_status().state == "running"

    other = make_miniature(folders.two)
    promotion.promote(other, by=lead)
    wait_until(lambda: known() == {first.slug, other.slug})
    promotion.demote(first, by=lead)
    wait_until(lambda: known() == {other.slug})

    assert Job.objects.filter(kind="serving").count() == 1
    switch.stop_serving(by=admin)
    wait_until(lambda: status.current_job().state in FINISHED)
    assert (status.serving_status().state, engine_client.engine_state()) == ("stopped", None)


def test_an_engine_killed_while_it_writes_ends_the_stream_with_an_error_and_starts_again(
    workers, site, make_miniature, lead, key_of
):
    miniature = make_miniature()
    promotion.promote(miniature, by=lead)
    wait_until(known)
    client = openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=60)
    stream = client.chat.completions.create(
        model=miniature.slug, messages=user("a"), max_tokens=400, temperature=1.9, seed=3, stream=True
    )
    job = status.current_job()
    began = status.serving_status().since
    chunks = []

    def read_and_kill():
        for chunk in stream:
            chunks.append(chunk)
            if len(chunks) == 3:
                os.kill(job.pid, signal.SIGKILL)

    with pytest.raises(openai.APIError) as lost:
        read_and_kill()

    assert lost.value.code == "engine_lost"
    assert all(chunk.choices[0].finish_reason is None for chunk in chunks)
    wait_until(lambda: known() and status.serving_status().since > began)
    again = status.serving_status()
    assert (again.state, again.restarts, again.job.pk) == ("running", 1, job.pk)
    assert again.job.fence > job.fence
    answer = client.chat.completions.create(model=miniature.slug, messages=user("a"), max_tokens=4)
    assert answer.choices[0].message.content


def test_a_paused_serving_answers_503_and_goes_on_when_an_admin_starts_it(
    workers, site, make_miniature, lead, admin, key_of
):
    from jobs.lifecycle import control

    miniature = make_miniature()
    promotion.promote(miniature, by=lead)
    wait_until(known)
    client = openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=60)

    control.pause(status.current_job(), by=admin)
    wait_until(lambda: status.current_job().state == "paused")
    with pytest.raises(openai.InternalServerError) as away:
        client.chat.completions.create(model=miniature.slug, messages=user("a"))
    promotion.promote(miniature, by=lead)
    assert status.current_job().state == "paused"
    switch.start_serving(by=admin)
    wait_until(known)

    assert (away.value.status_code, away.value.code) == (503, "not_serving")
    assert client.chat.completions.create(model=miniature.slug, messages=user("a"), max_tokens=4).usage
