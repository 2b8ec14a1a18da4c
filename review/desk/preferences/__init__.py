"""The best of several drafts of one record."""
