"""Search over degrees of freedom: the cost model sorts out, Optuna proposes, the queue trains, a front is left.

What is proposed follows from what has been tried, and that is in the store: a search that was stopped goes on.
"""
