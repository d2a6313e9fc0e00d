"""Measurements, each run as a module from the project's root; what they taught stands in NOTES.md."""
