"""The commands of the inference engine: pack a network, run it, time it, and calibrate the latency model with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bnn_designer.cli.packed import packed_network
from bnn_designer.cli.terminal import console, no_wait, say
from bnn_designer.errors import BnnDesignerError
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.units import counted, ms_text, percent_text

_threads = click.option(
    "--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Threads per image."
)


@click.command()
@click.argument("source", metavar="RUN|PRESET|FILE")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--weights", type=click.Path(path_type=Path), help="With a design: the trained model (.keras).")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of an untrained network's weights.")
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="IMAGES",
    help="With layers of 8 bits: images of the training set (.npy), for their scales; of a run they are found.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def pack(source: str, output: Path, weights: Path | None, seed: int, calibration: Path | None, force: bool) -> None:
    """Pack a trained network into bits and thresholds, in one file that the engine runs.

    SOURCE is the id of a run, whose last checkpoint is taken; or a preset or design file, with --weights for a model
    that was trained from it. Without, the network is untrained: good for its latency only.
    """
    from bnn_designer.measuring.checkpoint import find_trained
    from bnn_designer.packing import pack as pack_network
    from bnn_designer.packing import save

    found = find_trained(source, weights, seed)
    network = pack_network(found.graph, found.model, found.design, found.packing_images(calibration))
    size = save(network, output, overwrite=force)
    header = network.header
    what = found.weights or "untrained"
    click.echo(
        f"{output}: {size:,} bytes, {counted(len(header.groups), 'group')}, arena {header.arena_bytes:,} bytes; {what}"
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("images", type=click.Path(path_type=Path), required=False)
@click.option(
    "--data", metavar="SET|PATH", help="Predict the test images of this data set, and say how many are correct."
)
@click.option("--cifar10", is_flag=True, help="As --data cifar10.")
@click.option("--compare", metavar="RUN|PRESET|FILE", help="Compare with the Keras model that was packed.")
@click.option("--weights", type=click.Path(path_type=Path), help="With --compare and a design: its trained model.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the outputs to this .npy file.")
@click.option("--force", is_flag=True, help="With -o: overwrite an existing file.")
@_threads
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def predict(
    file: Path,
    images: Path | None,
    data: str | None,
    cifar10: bool,
    compare: str | None,
    weights: Path | None,
    output: Path | None,
    force: bool,
    threads: int,
    as_json: bool,
) -> None:
    """Run a packed network on images: an .npy file of [n, height, width, channels], or a data set's test images.

    Images of bytes (uint8) are scaled to -1 .. 1, as in training; all others are used as they are.
    """
    from bnn_designer.inference import Engine
    from bnn_designer.measuring.images import images_of, test_images, write_outputs
    from bnn_designer.packing import load
    from bnn_designer.training.data import data_name

    if sum((images is not None, data is not None, cifar10)) != 1:
        raise BnnDesignerError("predict: give either a file of images or --cifar10, or --data with another set.")
    network = load(file)
    labels = None
    if images is not None:
        batch = images_of(images)
    else:
        batch, labels = test_images("cifar10" if data is None else data_name(data))
    with Engine(network, threads) as engine:
        outputs = engine.run(batch)
    classes = outputs.argmax(axis=1)
    found: dict[str, Any] = {"images": len(outputs)}
    lines = []
    if labels is not None:
        right = int((classes == labels).sum())
        found |= {"right": right, "accuracy": right / len(labels)}
        lines.append(f"{right:,} of {len(labels):,} images correct: {percent_text(right / len(labels), 2)}")
    elif compare is None:
        found["classes"] = classes.tolist()
        lines += [
            f"{index}  class {chosen}  {row[chosen]:.4g}"
            for index, (chosen, row) in enumerate(zip(classes, outputs, strict=True))
        ]
    if compare is not None:
        from bnn_designer.measuring.agreement import agreement
        from bnn_designer.measuring.checkpoint import find_trained, keras_outputs

        agreed = agreement(outputs, keras_outputs(find_trained(compare, weights, 0), batch))
        found["agreement"] = agreed.to_data()
        lines.append(str(agreed))
    if output is not None:
        write_outputs(output, outputs, overwrite=force)
        lines.append(f"{output}: written")
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(lines))


@click.command(name="time")
@click.argument("file", metavar="FILE|PRESET")
@click.option("--threads", multiple=True, type=click.IntRange(1, 256), help="Threads per image; may be repeated.")
@click.option("--layers", is_flag=True, help="Show the time of each layer, with the first number of threads.")
@click.option("--seconds", type=click.FloatRange(0.05, 600), default=2.0, show_default=True, help="Seconds per row.")
@no_wait
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def time_command(
    file: str, threads: tuple[int, ...], layers: bool, seconds: float, no_wait: bool, as_json: bool
) -> None:
    """Time a packed network, or a preset or design untrained, on this machine: latency and memory of one image.

    Two measurements at once would disturb each other: this one waits for others on this machine, in terminals and on
    the pages.
    """
    from bnn_designer.cli.tables.timings import print_groups, print_timings, timings_data
    from bnn_designer.measuring.machine import taken
    from bnn_designer.measuring.predicted import predicted
    from bnn_designer.measuring.timing import time_groups, time_network

    network = packed_network(file).network
    counts = threads or (1,)
    with taken("timing in a terminal", wait=not no_wait, say=say):
        timings = [time_network(network, threads=count, seconds=seconds) for count in counts]
        groups = time_groups(network, threads=counts[0], seconds=seconds) if layers else None
    expected = predicted(network)
    if as_json:
        click.echo(json.dumps(timings_data(network, timings, groups, expected), indent=2))
        return
    print_timings(network, timings, expected, console())
    if groups:
        print_groups(groups, console())


@click.command()
@click.option("--seconds", type=click.FloatRange(0.05, 60), default=1.5, show_default=True, help="Seconds per network.")
@click.option("--preset", "presets", multiple=True, metavar="NAME", help="Time these presets; at least two.")
@no_wait
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def calibrate(seconds: float, presets: tuple[str, ...], no_wait: bool, as_json: bool) -> None:
    """Time presets with the engine, so that every design's latency on this machine can be estimated.

    Two measurements at once would disturb each other: this one waits for others on this machine, in terminals and on
    the pages.
    """
    from bnn_designer.cost.latency.calibration import calibration_path
    from bnn_designer.cost.latency.model import LatencyModel
    from bnn_designer.measuring.calibration import PRESETS
    from bnn_designer.measuring.calibration import calibrate as run_calibration
    from bnn_designer.measuring.machine import taken

    if len(set(presets)) == 1:
        raise BnnDesignerError(
            "calibrate: one network is not enough for a calibration. Name two or more, or none for the usual ones."
        )
    with taken("calibration in a terminal", wait=not no_wait, say=say):
        import_tensorflow_quietly()
        found = run_calibration(
            presets or PRESETS,
            seconds=seconds,
            say=lambda name, timing: None if as_json else click.echo(f"{name:24} {ms_text(timing.min_ms):>11}"),
        )
    model = LatencyModel.fit(found.samples)
    if as_json:
        data = {one.name: {"measured_ms": one.measured_ms, "predicted_ms": one.predicted_ms} for one in model.left_out}
        click.echo(
            json.dumps(
                {"engine": found.engine, "machine": found.machine, "mean_error": model.mean_error, "left_out": data},
                indent=2,
            )
        )
        return
    click.echo("\nEach network, predicted by a model fitted to the others:")
    for one in model.left_out:
        click.echo(f"{one.name:24} {ms_text(one.predicted_ms):>11}  {percent_text(one.relative_error, 0):>6}")
    click.echo(f"mean error {percent_text(model.mean_error, 0)}; written to {calibration_path()} for {found.machine}")


COMMANDS: tuple[click.Command, ...] = (pack, predict, time_command, calibrate)
