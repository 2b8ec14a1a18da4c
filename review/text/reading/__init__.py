"""Words, sentences, numbers and proper names of plain text: what checks and the verifier read by. Pure Python."""
