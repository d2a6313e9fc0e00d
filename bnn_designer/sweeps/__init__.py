"""Sets of runs: variants of a design times seeds, what is missing of them, and what their accuracies say.

All of it is values and the store; whoever trains is a worker of the queue, as for any other run.
"""
