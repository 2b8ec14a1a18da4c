"""Sources and records, and imports of files."""
