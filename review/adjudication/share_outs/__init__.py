"""Sharing out: waiting cards split evenly among reviewers until a day, taken back by an undo or after that day."""
