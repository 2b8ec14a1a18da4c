"""Drafts: written, checked, indexed, listed, filtered."""
