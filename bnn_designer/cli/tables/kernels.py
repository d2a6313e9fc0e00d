"""What the command ``kernels`` says about the compiled op, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bnn_designer.kernels.library import KernelInfo
from bnn_designer.kernels.selftest import SelfTest
from bnn_designer.measuring.times import OWN_LOOP

if TYPE_CHECKING:
    from bnn_designer.nn.engine import Gradients


@dataclass(frozen=True)
class AutoChoice:
    """From where on ``engine="auto"`` takes the compiled op on this instruction set; None: never.

    Attributes:
        xnor_from_channels: channels of a layer's input.
        lookup_from_width: by kind of gradients: channels times taps, of which at most `most_taps` count.
    """

    xnor_from_channels: int | None
    lookup_from_width: dict[Gradients, int] | None
    most_taps: int

    def products_text(self) -> str:
        """What multiplies signs."""
        if self.xnor_from_channels is None:
            return "float in every layer: counting bits is no faster here"
        return f"XNOR from {self.xnor_from_channels} channels on; float below, where it is as fast"

    def gradients_text(self) -> str:
        """What multiplies gradients with signs."""
        if self.lookup_from_width is None:
            return "multiplied in float: nothing is known of looking up being faster here"
        widths = ", ".join(f"{kind} {width}" for kind, width in self.lookup_from_width.items())
        return f"looked up from channels x taps (at most {self.most_taps}) of: {widths}; multiplied in float below"


def report_data(
    info: KernelInfo,
    test: SelfTest | None,
    float_library: str | None,
    own_loop_because: str | None,
    auto: AutoChoice | None,
) -> dict[str, Any]:
    """As JSON; ``self_test`` is None where there is nothing to test, ``auto`` where there is no op.

    Args:
        float_library: what makes the engine's float convolutions, such as "oneDNN 2.6.3"; None: its own loop.
        own_loop_because: why it is the own loop, where nobody asked for it.
    """
    return {
        "built": info.built,
        "library": str(info.library_path) if info.library_path else None,
        "compiler": info.compiler,
        "isa": info.isa,
        "available_isas": list(info.available_isas),
        "reason": info.reason,
        "float_library": float_library,
        "own_loop_because": own_loop_because,
        "auto": auto and asdict(auto),
        "self_test": test
        and {
            "ok": test.ok,
            "cases": [{"name": case.name, "isa": case.isa, "difference": case.difference} for case in test.cases],
        },
    }


def print_report(
    info: KernelInfo,
    test: SelfTest | None,
    float_library: str | None,
    own_loop_because: str | None,
    auto: AutoChoice | None,
    console: Console,
) -> None:
    """Prints what is built and used, and each case of the self-test that failed; arguments as above."""

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    if not info.built:
        say(f"The compiled op is not available: {info.reason}")
        say("Binary layers compute the same numbers in floating point.")
        return
    say(f"library          {info.library_path}")
    say(f"compiler         {info.compiler or 'unknown: the library was built earlier'}")
    say(f"instruction set  {info.isa}, of {', '.join(info.available_isas)} (BNN_KERNELS chooses another)")
    own = OWN_LOOP + (f": {own_loop_because}" if own_loop_because else "")
    say(f"float layers     {float_library or own} (BNN_FLOAT_KERNELS chooses another)")
    if auto is not None:
        say(f"products         {auto.products_text()} (engine='auto')")
        say(f"gradients        {auto.gradients_text()} (engine='auto')")
    if test is None:
        say("self-test        not run")
        return
    failed = [case for case in test.cases if not case.ok]
    say(f"self-test        {len(test.cases) - len(failed)} of {len(test.cases)} cases match the reference")
    for case in failed:
        say(f"  {case.isa}, {case.name}: largest difference {case.difference:g}")
