"""Searching drafts: how words are folded, what a query asks for, where it hits. Pure Python; knows no database row."""
