"""The revisions, in order. Each stands by itself: tables as they were then, not as they are declared now."""
