"""Desk settings of a task: a lead reads and writes how the desk deals cards."""
