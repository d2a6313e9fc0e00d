"""What a run is and how it is kept and started: the store with its drafts, the queue, the worker process.

Only ``execute`` reaches the training loop, inside the process that trains; a page or a command that submits, watches or
lists runs imports the other modules and stays light.
"""
