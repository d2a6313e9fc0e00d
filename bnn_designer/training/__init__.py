"""CIFAR-10, recipes, the training loop, the worker process, the queue and the store.

Only ``loop`` and ``augment`` import TensorFlow, and only inside the process that trains; a page or a command that
submits, watches or lists runs imports the other modules and stays light.
"""
