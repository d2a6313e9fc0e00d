"""The Design page: the picture, the blocks with their form, and the views of what they cost."""
