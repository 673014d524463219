"""A sheet of numbers, on two servers, whose sums always agree."""
