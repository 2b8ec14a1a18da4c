"""Statistics that several rooms share: numbers in, numbers out. Plain Python and numpy."""
