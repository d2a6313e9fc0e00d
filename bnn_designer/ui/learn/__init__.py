"""The Learn page: the course and its lessons."""
