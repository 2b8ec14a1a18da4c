"""Claims to learn checking from, taken from what experts said of a task's drafts."""
