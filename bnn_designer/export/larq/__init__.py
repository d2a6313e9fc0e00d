"""A program in Larq's names, and the file that Larq saves of it."""
