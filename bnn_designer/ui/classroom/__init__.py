"""The teacher's page: a class is made, followed, ended and deleted."""
