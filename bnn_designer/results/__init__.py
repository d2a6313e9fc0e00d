"""Results that come with the program: each claim of the field's guide, trained here, kept as a small file with all that
it takes to make it again.
"""
