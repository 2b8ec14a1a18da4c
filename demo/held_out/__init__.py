"""Fact sheets of real companies, on which no student of the demo is trained: test data for claims about the mails."""
