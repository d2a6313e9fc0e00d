"""The executor that the environment asks for."""

from __future__ import annotations

from bnn_designer.runs.executor import Executor, LocalExecutor, cluster_address


def executor() -> Executor:
    """Loads Ray and connects to it, where ``BNN_RAY_ADDRESS`` names a cluster: for supervisors.

    Raises:
        ExecutorError: the cluster cannot be used.
    """
    address = cluster_address()
    if address is None:
        return LocalExecutor()
    # here and not above: Ray takes a while to load, and is not there where nobody installed it
    from bnn_designer.runs.ray_executor import RayExecutor

    return RayExecutor(address)
