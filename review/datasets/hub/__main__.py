"""`python -m review.datasets.hub RUN_DIR`: send the files of a frozen version to a hub, by the `datasets` library.

Each format becomes a configuration (`load_dataset(repository, "dpo")`). Sending again what the hub has already changes
nothing there but a commit. It does not know what the rows are.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.rundir import RunDir
from review.datasets.hub.contracts import DatasetPush
from review.datasets.hub.sending import run_push

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def _send(run: RunDir, spec: DatasetPush, token: str) -> int:
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


def _send_format(folder: Path, spec: DatasetPush, format_: str, token: str) -> None:
    """Send the splits of one format. A split without rows is left out: readers stumble over it."""
    from datasets import DatasetDict, load_dataset

    files = {file.split: str(folder / file.path) for file in spec.files if file.format == format_ and file.rows > 0}
    if not files:
        return
    rows: Any = load_dataset("parquet", data_files=files, cache_dir=str(folder / "cache"))
    assert isinstance(rows, DatasetDict)
    rows.push_to_hub(spec.repository, format_, token=token, commit_message=f"{spec.message}, {format_}")


def _send_card(api: HfApi, spec: DatasetPush, card: str, token: str) -> None:
    """Put our card below the head that the library wrote, which says where the files of each configuration lie."""
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


if __name__ == "__main__":
    sys.exit(run_push(RunDir.open(sys.argv[1]), DatasetPush, _send))
