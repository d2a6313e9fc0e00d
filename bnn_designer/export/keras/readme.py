"""The README beside programs of Keras."""

from __future__ import annotations

from bnn_designer.export.arrays import Arrays
from bnn_designer.export.words import opening, weights_table
from bnn_designer.graph import Graph


def readme(graph: Graph, arrays: Arrays, weights: str) -> str:
    """Markdown, the same for the same network.

    Args:
        graph: of the network.
        arrays: of the plain program.
        weights: where they are from; "" for untrained ones.
    """
    return "\n\n".join([opening(graph, "as programs of Keras", weights), _FILES, weights_table(graph, arrays)]) + "\n"


_FILES = """\
| file | what is in it |
|---|---|
| `network.py` | the network in plain Keras 3: `pip install keras tensorflow` is all that it needs |
| `network.npz` | its weights, with kernels quantized: to run it, not to train it |
| `trainable.py` | the same with the layers of BNN Designer, which quantize: to go on training |
| `trainable.npz` | its weights as they are trained, in float |

```sh
python network.py                           # prints the table of the network
python network.py images.npy scores.npy     # writes the scores of images, an array [n, height, width, channels]
```

```python
import network

model = network.load_weights(network.build())
```

Keras multiplies signs as floats, so that neither memory nor time shows that they are bits.

## Weights of network.npz

Scores are the same as of the network that was exported. Kernels of signs are -1 and +1 exactly; magnitudes that scale
them are in layers of their own, `.scale`, so that sums of signs are whole numbers before they are scaled."""
