"""Drafts whose right verdict is known, which measure reviewers."""
