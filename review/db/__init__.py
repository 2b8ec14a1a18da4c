"""What the database itself holds to: triggers, the text index, and the checks that they are there."""
