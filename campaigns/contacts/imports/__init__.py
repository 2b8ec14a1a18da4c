"""Contacts: a file of people with their companies' facts, previewed, checked row by row, taken in whole or not at all."""
