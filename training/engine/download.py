"""`python -m training.engine.download RUN_DIR`: fetch a student from a hub into this host's cache, with progress.

It pins the newest commit where none is named, fetches what a model is made of and nothing else, and looks at the files
as at any other student's folder. Runs of the student then begin without a network.
"""

from __future__ import annotations

import io
import shutil
import sys
import time
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from huggingface_hub import HfApi, constants, hf_hub_download, try_to_load_from_cache
from huggingface_hub.utils.tqdm import tqdm

from jobs.contracts import Wire
from jobs.rundir import EngineError, RunDir
from jobs.rundir.garbage import end_process
from training.engine.model.unloaded import ROOM_FOR_HUB, explain_load_error
from training.students import model_folder
from web.errors import Refusal

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

TOKEN: Final = "HF_TOKEN"  # noqa: S105 (the name of a secret, not the secret)
REPORT_EVERY_S: Final = 0.5
NO_NETWORK: Final = (
    "Check this host's network. Behind a mirror, set HF_ENDPOINT to its address and start the workers again. Without "
    "any network, copy the model's folder here and register the folder."
)


class DownloadSpec(Wire):
    """Hub id, and the commit it is pinned to; empty for the newest."""

    hub_id: str
    revision: str = ""


class StoppedError(Exception):
    """Raised where a person cancels or pauses the download."""


def main(run: RunDir) -> int:
    """Fetch, and end the attempt; returns the process's exit status."""
    spec = DownloadSpec.model_validate(run.spec.body)
    try:
        run.finish("succeeded", summary=_fetch(run, spec, run.secrets().get(TOKEN) or None))
    except StoppedError:
        run.finish("stopped")
    except Refusal as refusal:
        run.finish("failed", error=EngineError(code=refusal.code, message=refusal.message, hint=refusal.hint))
        return 1
    except Exception as error:  # The hub's client passes on those of its transports.
        run.finish("failed", error=_explained(spec.hub_id, error))
        return 1
    return 0


def _fetch(run: RunDir, spec: DownloadSpec, token: str | None) -> dict[str, Any]:
    model_info = HfApi(token=token).model_info(spec.hub_id, revision=spec.revision or None, files_metadata=True)
    files = [each for each in model_info.siblings or () if is_needed(each.rfilename)]
    # What lies here already, of a download that was paused or of another's, is not fetched again.
    total = sum(_size(each) for each in files if not _is_here(spec.hub_id, each.rfilename, model_info.sha))
    _require_room(Path(constants.HF_HUB_CACHE), total)
    report = _reporter(run, total)
    folder = Path()
    for file in sorted(files, key=_size):
        path = hf_hub_download(
            spec.hub_id, file.rfilename, revision=model_info.sha, token=token, tqdm_class=_bar_class(report)
        )
        folder = Path(path).parent
    if not files:
        raise Refusal("student_without_weights", f"{spec.hub_id} holds no model.", hint="Choose another.")
    facts = model_folder.inspect_folder(str(folder), roots=[folder])
    model_folder.require_servable(facts.path)
    return {
        "revision": model_info.sha,
        "bytes": facts.bytes,
        "model_type": facts.model_type,
        "parameters": facts.parameters,
        "context_length": facts.context_length,
    }


def is_needed(name: str) -> bool:
    """Return whether a file of a hub is part of the model: weights, config and tokenizer beside each other."""
    is_beside = "/" in name or name == model_folder.ADAPTER
    if is_beside or not any(fnmatch(name, pattern) for pattern in model_folder.MODEL_FILES):
        return False
    # Some makers publish the weights twice.
    return not name.endswith(".safetensors") or name.startswith("model")


def _size(file: RepoSibling) -> int:
    return file.size or 0


def _is_here(hub_id: str, name: str, revision: str | None) -> bool:
    return isinstance(try_to_load_from_cache(hub_id, name, revision=revision), str)


def _require_room(cache: Path, total: int) -> None:
    folder = cache
    while not folder.exists():
        folder = folder.parent
    if (free := shutil.disk_usage(folder).free) < total:
        raise Refusal(
            "disk_full",
            f"The disk of {folder} has {free / 1e9:.1f} GB free; what this model lacks takes {total / 1e9:.1f} GB.",
            hint=ROOM_FOR_HUB,
        )


def _reporter(run: RunDir, total: int) -> Callable[[int], None]:
    done, told_s = 0, 0.0

    def report(count: int) -> None:
        nonlocal done, told_s
        if run.stop_requested:
            raise StoppedError
        done += count
        if (now_s := time.monotonic()) - told_s >= REPORT_EVERY_S or done >= total:
            told_s = now_s
            run.emit("progress", done=round(done / 1e6, 1), total=round(max(total, done) / 1e6, 1), unit="MB")

    return report


def _bar_class(report: Callable[[int], None]) -> type[Any]:
    """Class of a progress bar that reports bytes instead of drawing."""

    class Bar(tqdm):
        def __init__(self, *args: Any, initial: int = 0, **options: Any) -> None:
            super().__init__(*args, initial=initial, **{**options, "file": io.StringIO()})  # type: ignore[no-untyped-call]
            report(initial)

        def update(self, n: float | None = 1) -> None:
            report(int(n or 0))
            super().update(n)

    return Bar


def _explained(hub_id: str, error: Exception) -> EngineError:
    refused = explain_load_error(hub_id, error)
    hint = NO_NETWORK if refused.code == "hub_unreachable" else refused.hint
    return EngineError(code=refused.code, message=refused.message, hint=hint)


if __name__ == "__main__":
    end_process(main(RunDir.open(sys.argv[1])))
