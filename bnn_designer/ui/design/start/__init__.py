"""What one can start from: the presets with their pictures, and the drafts."""
