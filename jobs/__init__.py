"""The life of any long work: states, lease, fence, supervisor, run directory, events."""
