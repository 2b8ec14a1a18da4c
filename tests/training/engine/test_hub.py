"""Students by hub id, from a hub on loopback: what loads, and each way in which it refuses.

In processes of their own, since the hub's address is read when its client is imported.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.nursery import Nursery
from tests.training.engine.hub_server import COMMIT, TOKEN, HubServer
from training.students import model_folder

pytestmark = pytest.mark.engine

HUB_SETTINGS = {"HF_HUB_OFFLINE": "0", "HF_TOKEN": "", "NO_PROXY": "*"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, student) -> Iterator[HubServer]:
    server = HubServer(Path(student()))
    yield server
    server.close()


@pytest.fixture(scope="module")
def asking(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Nursery, Path]]:
    """What has imported the hub's client with this hub's address, and where that keeps what it fetched."""
    home = tmp_path_factory.mktemp("hub")
    opened = Nursery(["training.engine.model.loading"], HF_ENDPOINT=hub.url, HF_HOME=str(home), **HUB_SETTINGS)
    yield opened, home
    opened.close()


@pytest.fixture
def fetch(asking: tuple[Nursery, Path], hub: HubServer, tmp_path: Path) -> Callable[..., dict[str, object]]:
    opened, home = asking
    shutil.rmtree(home, ignore_errors=True)
    hub.seen.clear()

    def _fetch(name: str, *, revision: str = COMMIT, token: str | None = None) -> dict[str, object]:
        asked = json.dumps({"id": name, "revision": revision, "token": token})
        done = opened.start("tests.training.engine.hub_asker", asked, log=tmp_path / "said")
        said = (tmp_path / "said").read_text() if done.wait(120) == 0 else ""
        assert said, (tmp_path / "said").read_text()[-2000:]
        return json.loads(said.splitlines()[-1])

    return _fetch


@pytest.mark.slow
def test_a_student_loads_from_the_hub_at_its_commit(fetch, hub):
    loaded = fetch("maker/open")

    assert loaded["type"] == "llama"
    assert all(f"/resolve/{COMMIT}/" in path for _, path in hub.seen if "/resolve/" in path)
    assert any("model.safetensors" in path for _, path in hub.seen)


@pytest.mark.slow
def test_a_gated_student_loads_with_the_token(fetch):
    assert fetch("maker/gated", token=TOKEN)["type"] == "llama"


@pytest.fixture
def other(hub: HubServer, tmp_path: Path) -> Iterator[Path]:
    """A copy of the student, to change, that the hub gives out meanwhile."""
    before, hub.folder = hub.folder, Path(shutil.copytree(hub.folder, tmp_path / "other"))
    yield hub.folder
    hub.folder = before


@pytest.mark.slow
def test_weights_in_several_files_are_fetched_by_their_index(fetch, hub, other):
    (other / "model.safetensors").rename(other / "model-00001-of-00001.safetensors")
    shapes = model_folder.weight_shapes(other)
    index = {"metadata": {}, "weight_map": dict.fromkeys(shapes, "model-00001-of-00001.safetensors")}
    (other / model_folder.INDEX).write_text(json.dumps(index))

    assert fetch("maker/open")["type"] == "llama"
    assert any("model-00001-of-00001.safetensors" in path for _, path in hub.seen)


@pytest.mark.slow
def test_weights_of_a_hub_that_do_not_fit_their_config_are_refused_before_they_are_loaded(fetch, other):
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "vocab_size": 2_000_000_000}))

    assert fetch("maker/open")["code"] == "student_bad_config"


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("name", ["../other/model.safetensors", "missing.safetensors"])
def test_an_index_of_a_hub_that_leads_elsewhere_is_refused(fetch, other, name):
    (other / "model.safetensors").rename(other / "kept.safetensors")
    (other / model_folder.INDEX).write_text(json.dumps({"weight_map": {"lm_head.weight": name}}))

    assert fetch("maker/open")["code"] in ("student_damaged", "student_unreadable")


@pytest.mark.slow
def test_weights_of_another_student_do_not_take_the_place_of_a_hubs(fetch, hub, other):
    (other / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "maker/unknown"}))

    assert fetch("maker/open")["type"] == "llama"
    assert not any("maker/unknown" in path for _, path in hub.seen)


@pytest.mark.slow
def test_a_hub_student_ends_its_answers_where_its_makers_say(fetch, other):
    (other / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 77]}))

    assert 77 in fetch("maker/open")["stops"]


@pytest.mark.slow
def test_a_hub_that_holds_pickled_weights_alone_is_refused(fetch, hub, other):
    (other / "model.safetensors").rename(other / "pytorch_model.bin")

    assert fetch("maker/open")["code"] == "student_without_weights"
    assert not any("GET" in method and path.endswith(".bin") for method, path in hub.seen)


@pytest.mark.parametrize(
    ("asked", "code", "hint"),
    [
        ({"name": "maker/gated"}, "licence_gate", "huggingface.co/maker/gated"),
        ({"name": "maker/unknown"}, "student_unknown", "HF_TOKEN"),
        ({"name": "maker/open", "revision": "f" * 40}, "student_unknown", "commit"),
        ({"name": "maker/open", "token": "hf_wrong"}, "hub_refused", "valid token"),
    ],
)
def test_each_refusal_of_the_hub_says_what_to_do(fetch, asked, code, hint):
    refused = fetch(**asked)

    assert refused["code"] == code
    assert hint in str(refused["hint"])


@pytest.mark.slow
def test_a_hub_out_of_reach_is_named_as_such(fetch, hub):
    with hub.away():
        refused = fetch("maker/open")

    assert refused["code"] == "hub_unreachable"
