"""The Compare page: what-if and two designs side by side."""
