"""A network on one page: picture, costs, memory over time, advice, curves."""
