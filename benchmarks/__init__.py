"""One module a claim. Each compares two things in one run and ends with one JSON object that holds `ratio`."""
