"""Near-duplicates among texts, found exactly: Jaccard similarity of word shingles of at least 0.8.

Pure Python and NumPy. It does not know what the texts are or what becomes of them.
"""

from review.text.near_duplicates.exclusion import rows_to_exclude
from review.text.near_duplicates.shingles import SHINGLE_WORDS, THRESHOLD, shingles

__all__ = ["SHINGLE_WORDS", "THRESHOLD", "rows_to_exclude", "shingles"]
