"""`python -m tests.training.engine.hub_asker ASKED`: loads a student by hub id, and prints what came of it."""

from __future__ import annotations

import json
import sys
import time

import torch

from training.engine.contracts import StudentRef, TrainError
from training.engine.model import loading


def main(asked: dict[str, str]) -> None:
    # The hub's client waits between its tries; for how long says nothing about what it tells after the last.
    time.sleep = lambda seconds: None
    reference = StudentRef(hub_id=asked["id"], revision=asked["revision"])
    try:
        student = loading.load(reference, dtype=torch.float32, token=asked["token"])
    except TrainError as error:
        print(json.dumps({"code": error.code, "hint": error.hint}))
    else:
        told = {"type": student.model_type, "parameters": student.parameters, "stop": student.chat.end_of_turn}
        told["stops"] = sorted(student.chat.stops)
        print(json.dumps(told))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
