"""A run's events for the terminal: a progress bar for people, lines of JSON for programs."""

from __future__ import annotations

import json
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bnn_designer.runs.records import RunRecord
from bnn_designer.training.events import (
    DataRead,
    EpochEnd,
    Event,
    LatentWeights,
    Notice,
    Started,
    StepWindow,
    WeightsTaken,
)
from bnn_designer.units import percent_text, shape_text


class JsonLines:
    """Writes every event as one JSON object a line, and the run's end as the last one."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.flush()

    def __call__(self, event: Event) -> None:
        print(event.model_dump_json(), file=self._out, flush=True)

    def end(self, run: RunRecord) -> None:
        """Writes how the run ended."""
        end = {
            "kind": "end",
            "run": run.id,
            "status": run.status,
            "engine": run.engine_used,
            "best_val_accuracy": run.best_val_accuracy,
        }
        print(json.dumps(end), file=self._out, flush=True)


class ProgressBar:
    """A bar for the epoch at work, and a line for each that is finished."""

    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._epochs = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID = self._progress.add_task(escape(name), total=None, figures="")

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Notice):
            self._progress.update(self._task, description=event.text)
        elif isinstance(event, DataRead):
            self._console.print(
                f"{escape(event.title)}: {shape_text(event.shape)}, {event.classes:,} classes", highlight=False
            )
        elif isinstance(event, WeightsTaken):
            self._console.print(event.text(), highlight=False)
        elif isinstance(event, Started):
            self._started(event)
        elif isinstance(event, StepWindow):
            self._progress.update(
                self._task,
                description=f"epoch {event.epoch}/{self._epochs}",
                completed=event.step,
                total=event.steps_per_epoch,
                figures=f"loss {event.loss:.3f}  accuracy {percent_text(event.accuracy)}  "
                f"{event.images_per_second:,.0f} img/s",
            )
        elif isinstance(event, EpochEnd):
            stage = "  (float kernels)" if event.float_kernels else ""
            self._console.print(
                f"epoch {event.epoch}/{self._epochs}{stage}  loss {event.loss:.3f}  "
                f"accuracy {percent_text(event.accuracy)}  validation loss {event.val_loss:.3f}  "
                f"validation accuracy {percent_text(event.val_accuracy)}  "
                f"{event.seconds:.1f} s",
                highlight=False,
            )

        elif isinstance(event, LatentWeights):
            self._console.print(
                f"with the latent weights: validation loss {event.latent_val_loss:.3f}  "
                f"validation accuracy {percent_text(event.latent_val_accuracy)}; with batch norms of their own: "
                f"{event.own_norms_val_loss:.3f}, {percent_text(event.own_norms_val_accuracy)}",
                highlight=False,
            )

    def end(self, run: RunRecord) -> None:
        """Prints how the run ended."""
        best = "no epoch finished" if run.best_val_accuracy is None else f"best {percent_text(run.best_val_accuracy)}"
        self._console.print(f"run {run.id}: {run.status}, {best}", highlight=False)

    def _started(self, event: Started) -> None:
        self._epochs = event.epochs
        reason = f" ({event.engine_reason})" if event.engine_reason else ""
        layers = f" ({event.layers_text()})" if event.layers and not reason else ""
        self._console.print(
            f"engine {event.engine}{reason}{layers}, {event.gradients} gradients; "
            f"{event.train_images:,} training images, "
            f"{event.validation_images:,} validation images",
            highlight=False,
        )
