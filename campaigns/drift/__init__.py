"""Studies of drift: whether an outcome of a task's campaigns changes over months or rounds."""
