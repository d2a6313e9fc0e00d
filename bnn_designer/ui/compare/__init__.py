"""The Compare page: variants of a draft, designs side by side, and one figure against another."""
