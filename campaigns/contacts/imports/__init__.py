"""Contacts: a file of people and their companies' facts, previewed, checked row by row, taken in all or nothing."""
