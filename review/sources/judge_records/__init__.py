"""Records to learn judging from: a task's drafts with what experts decided of them."""
