"""Files as tables: what form a file has, its columns, and its rows one by one.

Knows columns and cells; nothing of tasks.
"""

from review.sources.imports.tables.rows import MAX_COLUMNS, Row, RowSource, check_columns
from review.sources.imports.tables.table import Table, open_table

__all__ = ["MAX_COLUMNS", "Row", "RowSource", "Table", "check_columns", "open_table"]
