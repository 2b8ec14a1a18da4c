"""Teachers as verifiers: claims checked against passages, priced and paid for like any order."""
