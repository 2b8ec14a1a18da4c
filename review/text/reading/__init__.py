"""Words, sentences, numbers and proper names of plain text, for checks and the verifier. Pure Python."""
