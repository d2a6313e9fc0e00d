"""The choice of an executor and its settings, without a cluster. test_ray.py has one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from bnn_designer.runs.executor import ExecutorError, LocalExecutor, cluster_address, resumes_wanted
from bnn_designer.runs.executors import executor
from bnn_designer.runs.lease import heartbeat_s, lease_s
from bnn_designer.runs.settings import QueueError


def test_this_machine_trains_unless_a_cluster_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BNN_RAY_ADDRESS", raising=False)
    assert cluster_address() is None
    assert isinstance(executor(), LocalExecutor)
    assert resumes_wanted() == 0


def test_without_ray_a_cluster_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_RAY_ADDRESS", "10.0.0.1:6379")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExecutorError, match=r"10.0.0.1:6379: Ray is not installed here. Install it \(pip install"):
        cluster_address()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert cluster_address() == "10.0.0.1:6379"
    assert resumes_wanted() == 5
    monkeypatch.setenv("BNN_RAY_RESUMES", "0")
    assert resumes_wanted() == 0
    monkeypatch.setenv("BNN_RAY_RESUMES", "often")
    with pytest.raises(QueueError, match="BNN_RAY_RESUMES: 'often' is not a whole number of at least 0"):
        resumes_wanted()


def test_beats_fit_into_a_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BNN_LEASE_S", "BNN_HEARTBEAT_S"):
        monkeypatch.delenv(name, raising=False)
    assert (lease_s(), heartbeat_s()) == (45, 1)
    monkeypatch.setenv("BNN_HEARTBEAT_S", "20")
    assert heartbeat_s() == 45 / 3
    monkeypatch.setenv("BNN_LEASE_S", "90")
    assert heartbeat_s() == 20
    for text in ("2", "soon", "nan", "inf"):
        monkeypatch.setenv("BNN_LEASE_S", text)
        with pytest.raises(QueueError, match=f"BNN_LEASE_S: '{text}' is not a number of seconds of at least 3"):
            lease_s()


def test_what_pages_load_does_not_load_ray() -> None:
    """A page says what runs are and puts them into the queue; connecting is the supervisor's."""
    script = (
        "import sys; import bnn_designer.runs.queue, bnn_designer.runs.actions, bnn_designer.runs.where; "
        "sys.exit('ray' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
