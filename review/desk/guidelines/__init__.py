"""The guidelines of a task, their examples, and whether earlier decisions stand."""
