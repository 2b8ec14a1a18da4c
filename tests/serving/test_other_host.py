"""A replica on another machine: its engine listens where its host says,
and web reaches it with the key of its attempt.
"""

from __future__ import annotations

import httpx
import openai
import pytest

from jobs.models import Job
from jobs.rundir.attempt import SPEC
from jobs.supervisor import run_dirs
from serving.models import Replica
from serving.promotions import promotion
from serving.runtime import engine_client, pool, replicas, status
from tests.serving.tiny import user
from tests.serving.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine, pytest.mark.slow, pytest.mark.alone]


def test_web_asks_the_engine_of_another_machine_with_its_key_and_nobody_without(
    workers, site, miniature, lead, key_of, settings, short_folder, monkeypatch
):
    settings.SERVING_ADDRESS = "127.0.0.1"
    promotion.promote(miniature, by=lead)
    wait_until(lambda: status.serving_status().state == "running" and Replica.objects.get().address)
    here = replicas.link_to(Replica.objects.select_related("job").get())

    # As on a web process of another machine, which sees no socket of that one.
    Job.objects.filter(kind="serving").update(boot_id="another")
    settings.SERVING_SOCKET = str(short_folder / "no.sock")
    monkeypatch.setattr(engine_client, "POOL", pool.Pool())
    replica = Replica.objects.select_related("job").get()
    there = replicas.link_to(replica)
    client = openai.OpenAI(base_url=site.url, api_key=key_of(lead), max_retries=0, timeout=60)
    whole = client.chat.completions.create(model=miniature.slug, messages=user("a"), max_tokens=4)
    stream = client.chat.completions.create(model=miniature.slug, messages=user("a"), max_tokens=4, stream=True)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    stranger = httpx.get(f"http://{replica.address}/state", trust_env=False)

    assert here.socket and not here.address
    assert there.address == replica.address and there.key and not there.socket
    assert streamed == whole.choices[0].message.content
    assert status.serving_status().models[miniature.slug]["loaded"]
    assert stranger.status_code == 401
    # The key came on the pipe and lies in no file of the run directory.
    run_dir = run_dirs.run_dir_of(replica.job_id, replica.job.run_fence)
    assert (run_dir / SPEC).exists()
    assert not any(there.key in path.read_text(errors="replace") for path in run_dir.rglob("*") if path.is_file())
