"""How the desk of a task deals: its settings, read and written by a lead."""
