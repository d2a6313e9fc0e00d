"""Peers that come as wheels for one kind of machine, in a Python of their own that a variable names."""

from __future__ import annotations

import platform

from bnn_designer.bench.rows import Missing
from bnn_designer.kernels.toolchain import X86


def missing(name: str, variable: str, setup: str) -> Missing:
    """A peer whose variable is not set: how to get it, or that there is none for this machine."""
    machine = platform.machine()
    if machine.lower() in X86:
        return Missing(name, f"{variable} is not set. {setup}")
    return Missing(
        name,
        f"its wheels are for x86-64, and this machine is {machine}. Set {variable} to a Python with a build of it.",
    )
