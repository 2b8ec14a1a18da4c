"""Contacts: a file of people with their companies' facts, previewed, checked row by row, taken in whole or not at all."""

from campaigns.services.contacts.preview import ContactsPreview, read_preview
from campaigns.services.contacts.take import ContactsResult, RowOutcome, import_contacts

__all__ = ["ContactsPreview", "ContactsResult", "RowOutcome", "import_contacts", "read_preview"]
