"""Which texts say nearly the same, found exactly: Jaccard similarity of word shingles of at least 0.8.

Pure Python and NumPy. It does not know what the texts are or what becomes of them.
"""

from review.near_duplicates.left_out import left_out
from review.near_duplicates.search import pairs
from review.near_duplicates.shingles import SHINGLE_WORDS, THRESHOLD, shingles

__all__ = ["SHINGLE_WORDS", "THRESHOLD", "left_out", "pairs", "shingles"]
