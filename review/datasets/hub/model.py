"""`python -m review.datasets.hub.model RUN_DIR`: send the files of a model to a hub, all in one commit.

Large files go up first and belong to nothing until that commit. A push that is killed leaves the repository as it was,
and repeating it sends only what the hub does not have.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jobs.rundir import EngineError, RunDir
from review.datasets.hub.contracts import ModelPush
from review.datasets.hub.sending import HubRefusedError, run_push

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

# By these a program finds weights; others than those that are sent would be loaded with them, or in their place.
WEIGHTS = (".safetensors", ".safetensors.index.json", "adapter_config.json")


def _send(run: RunDir, spec: ModelPush, token: str) -> int:
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(endpoint=spec.endpoint or None, token=token)
    api.create_repo(spec.repository, private=spec.private, exist_ok=True)
    _require_fit(api.model_info(spec.repository), spec)
    additions = [CommitOperationAdd(name, str(run.path / spec.folder / name)) for name in spec.files]
    for done, addition in enumerate(additions, 1):
        if run.stop_requested:
            run.finish("stopped")
            return 0
        api.preupload_lfs_files(spec.repository, [addition])
        run.emit("progress", done=done, total=len(additions), unit="files")
    commit = api.create_commit(spec.repository, additions, commit_message=spec.message)
    summary = {"url": f"{api.endpoint}/{spec.repository}", "commit": commit.oid, "files": spec.files}
    run.finish("succeeded", summary=summary)
    return 0


def _require_fit(there: ModelInfo, spec: ModelPush) -> None:
    """Refuse a repository that is public against the order, or that holds weights beside those that are sent."""
    if spec.private and not there.private:
        raise HubRefusedError(
            EngineError(
                code="hub_is_public",
                message=f"{spec.repository} is public. Nothing was sent.",
                hint="Make it private there or name another, or order it again without Private.",
            )
        )
    names = [file.rfilename for file in there.siblings or []]
    others = sorted(name for name in names if name.endswith(WEIGHTS) and name not in spec.files)
    if others and any(name.endswith(WEIGHTS) for name in spec.files):
        raise HubRefusedError(
            EngineError(
                code="hub_holds_others",
                message=f"{spec.repository} holds other weights: {', '.join(others[:5])}. Nothing was sent.",
                hint="Name another repository, or delete these files there, then send again.",
            )
        )


if __name__ == "__main__":
    sys.exit(run_push(RunDir.open(sys.argv[1]), ModelPush, _send))
