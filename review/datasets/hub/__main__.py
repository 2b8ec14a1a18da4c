"""`python -m review.datasets.hub RUN_DIR`: send the files of a frozen version to a hub, by the `datasets` library.

Each format becomes a configuration (`load_dataset(repository, "dpo")`). Sending again what the hub has already changes
nothing there but a commit. It does not know what the rows are.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jobs.rundir import EngineError, RunDir
from review.datasets.hub.contracts import HubFile, HubSpec
from web.disk import full_disk

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def main(run: RunDir) -> int:
    """Send, and end the attempt as it went; returns the process's exit status."""
    try:
        spec = HubSpec.model_validate(run.spec.body)
        if spec.endpoint:
            # The libraries read these once, when they are imported; a hub of one's own speaks LFS, not the newer protocol.
            os.environ |= {"HF_ENDPOINT": spec.endpoint, "HF_HUB_DISABLE_XET": "1"}
        return _send(run, spec, run.secrets()[spec.token])
    except ValidationError as error:
        first = error.errors()[0]
        run.finish("failed", error=EngineError(code="bad_spec", message=f"{first['loc']}: {first['msg']}"))
    except ImportError as error:
        run.finish(
            "failed",
            error=EngineError(
                code="no_library",
                message=f"The library to reach hubs is not installed ({error.name}).",
                hint="Install it where the workers run: pip install 'miniatures[hub]'.",
            ),
        )
    except Exception as error:
        run.finish("failed", error=_said(error))
    return 1


def _send(run: RunDir, spec: HubSpec, token: str) -> int:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=spec.endpoint or None, token=token)
    api.create_repo(spec.repository, repo_type="dataset", private=spec.private, exist_ok=True)
    formats = list(dict.fromkeys(file.format for file in spec.files))
    for done, format_ in enumerate(formats):
        if run.stop_requested:
            run.finish("stopped")
            return 0
        _send_format(run.path, spec, format_, token)
        run.emit("progress", done=done + 1, total=len(formats), unit="formats")
    _send_card(api, spec, (run.path / spec.card).read_text(encoding="utf-8"), token)
    url = f"{api.endpoint}/datasets/{spec.repository}"
    run.finish("succeeded", summary={"url": url, "formats": formats, "rows": sum(file.rows for file in spec.files)})
    return 0


def _send_format(folder: Path, spec: HubSpec, format_: str, token: str) -> None:
    """Send the splits of one format. A split without rows is left out: readers stumble over it."""
    from datasets import DatasetDict, load_dataset

    files = {file.split: str(folder / file.path) for file in spec.files if _is_sent(file, format_)}
    if not files:
        return
    rows: Any = load_dataset("parquet", data_files=files, cache_dir=str(folder / "cache"))
    assert isinstance(rows, DatasetDict)
    rows.push_to_hub(spec.repository, format_, token=token, commit_message=f"{spec.message}, {format_}")


def _is_sent(file: HubFile, format_: str) -> bool:
    return file.format == format_ and file.rows > 0


def _send_card(api: HfApi, spec: HubSpec, card: str, token: str) -> None:
    """Put our card below the head that the library has written, which says where the files of each configuration lie."""
    from huggingface_hub import DatasetCard

    there = DatasetCard.load(spec.repository, token=token)
    there.text = f"\n{card}"
    api.upload_file(
        path_or_fileobj=str(there).encode(),
        path_in_repo="README.md",
        repo_id=spec.repository,
        repo_type="dataset",
        commit_message=f"{spec.message}, card",
    )


def _said(error: Exception) -> EngineError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return EngineError(
            code="hub_refused",
            message=f"The hub did not take the token ({status}).",
            hint="Check that the secret's token may write to this repository.",
        )
    if full_disk.is_full(error):
        hint = "Free some room on the disk of this host's runs, then resume the job."
        return EngineError(code="disk_full", message=f"The disk filled up: {error}"[:500], hint=hint)
    return EngineError(code="hub_failed", message=f"{type(error).__name__}: {error}"[:500])


if __name__ == "__main__":
    sys.exit(main(RunDir.open(sys.argv[1])))
