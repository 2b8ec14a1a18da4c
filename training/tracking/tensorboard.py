"""Write runs as TensorBoard event files. Needs the package `tensorboard`, and no TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from training.tracking.figures import TrackedRun

FILES: Final = "events.out.tfevents.*"


def write(folder: Path, run: TrackedRun) -> Path:
    """Write a run below a log folder; what was written of it before is replaced, so that nothing is drawn twice.

    Raises:
        ImportError: The package is not installed.
        OSError: The folder cannot be written.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    own = folder / run.name.replace(" ", "-").lower()
    own.mkdir(parents=True, exist_ok=True)
    for earlier in own.glob(FILES):
        earlier.unlink()
    writer = EventFileWriter(str(own))
    for figure in run.figures:
        value = Summary(value=[Summary.Value(tag=figure.tag, simple_value=figure.value)])
        writer.add_event(Event(wall_time=figure.at, step=figure.step, summary=value))
    last = run.figures[-1] if run.figures else None
    writer.add_event(_text(run, last.at if last else 0.0))
    for tag, total in run.totals.items():
        value = Summary(value=[Summary.Value(tag=tag, simple_value=total)])
        writer.add_event(Event(wall_time=last.at if last else 0.0, step=last.step if last else 0, summary=value))
    writer.close()
    return own


def _text(run: TrackedRun, at: float) -> object:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    lines = [f"| {name} | {value} |" for name, value in run.parameters.items()]
    table = "\n".join(["| parameter | value |", "| --- | --- |", *lines])
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    tensor = TensorProto(dtype=DT_STRING, string_val=[table.encode()])
    return Event(
        wall_time=at, step=0, summary=Summary(value=[Summary.Value(tag="recipe", metadata=metadata, tensor=tensor)])
    )
