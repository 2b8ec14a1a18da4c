"""Contacts: a file of people with their companies' facts, previewed, checked row by row, taken in whole or not at all."""

from campaigns.contacts.imports.import_file import ContactsResult, RowOutcome, import_contacts
from campaigns.contacts.imports.preview import ContactsPreview, read_preview

__all__ = ["ContactsPreview", "ContactsResult", "RowOutcome", "import_contacts", "read_preview"]
