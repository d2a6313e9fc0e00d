"""Read by every Python that has this folder on its path: notes each attempt to reach another machine, and refuses it.

For the server and the workers of the browser tests. The notes go to the file that BNN_GUARD_FILE names.
"""

import os
import sys

HERE = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None)


def _watch(event: str, arguments: tuple) -> None:
    if event in ("socket.connect", "socket.sendto"):
        target = arguments[1]
        host = target[0] if isinstance(target, tuple) else None  # the path of a socket of this machine is no tuple
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host in HERE:
        return
    with open(os.environ["BNN_GUARD_FILE"], "a", encoding="utf-8") as notes:
        notes.write(f"{event} {host}\n")
    raise OSError(f"{event} {host}: no test reaches another machine")


sys.addaudithook(_watch)
