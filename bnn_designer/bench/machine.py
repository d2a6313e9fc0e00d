"""What the figures were measured on: without it they say nothing."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from bnn_designer.bench.request import processors

CPU_INFO = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, Any]:
    """The processor, how many of them, how busy they are, and the software that does not differ between processes."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": processor_name(),
        "architecture": platform.machine(),
        "processors": processors(),
        "load_1min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "tensorflow": tensorflow_version(),
    }


def processor_name(cpu_info: Path = CPU_INFO) -> str:
    """The processor's name, with family and model, since a virtual machine's name may leave the generation out.

    On ARM, Linux knows no name but the numbers of who made the core and which it is.
    """
    try:
        lines = cpu_info.read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    name = fields.get("model name") or platform.machine()
    if "cpu family" in fields and "model" in fields:
        name += f" (family {fields['cpu family']}, model {fields['model']})"
    if "CPU implementer" in fields and "CPU part" in fields:
        name += f" (implementer {fields['CPU implementer']}, part {fields['CPU part']})"
    return name


def tensorflow_version() -> str | None:
    """As installed; None without TensorFlow."""
    try:
        return importlib.metadata.version("tensorflow")
    except importlib.metadata.PackageNotFoundError:
        return None
