"""Logs of model calls, in the shapes of the vendors that write them: what was asked, what was answered, by which model.

`messages` reads one message of any vendor, the modules named after vendors find the messages of a line, and `reading`
tells which shape a line has. `induction` finds the template that prompts were made from, and `proposal` the task behind
a log. Nothing here touches the database.
"""
