"""Systems of an evaluation compared blind by experts, two answers at a time."""
