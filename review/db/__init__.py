"""Database objects beside the tables: triggers and the text index, with system checks that they exist."""
