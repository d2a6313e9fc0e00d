"""Knowledge distillation on one image: softened scores, the loss of a recipe with a teacher, and where it pushes.

As a training has it (:mod:`bnn_designer.training.objective`), with the scores z of the student and y of the teacher, a
label, a temperature T and the teacher's share s:

    loss = (1 - s) (-log softmax(z)[label]) + s T^2 KL(softmax(y / T) || softmax(z / T))

Hinton, Vinyals and Dean 2015, arXiv 1503.02531, section 2. The derivatives by the scores are softmax(z) - 1 [label] of
the first part, and T (softmax(z / T) - softmax(y / T)) of the second. Tests hold both to the training's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Values of the two sliders; the default recipe's are 2 and 0.5.
TEMPERATURES = (0.5, 1, 2, 3, 4, 5, 10, 20)
SHARES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)


def softened(scores: Sequence[float], temperature: float) -> tuple[float, ...]:
    """``softmax(scores / temperature)``: 0 to 1, one in all."""
    most = max(scores)
    powers = [math.exp((score - most) / temperature) for score in scores]
    total = sum(powers)
    return tuple(power / total for power in powers)


@dataclass(frozen=True)
class Taught:
    """What one image teaches; the pushes are the negative derivatives by the student's scores, one for each class.

    Attributes:
        of_label, of_teacher: the two losses, in nats, neither times its share.
        label_push, teacher_push: of these, each times its share.
    """

    of_label: float
    of_teacher: float
    label_push: tuple[float, ...]
    teacher_push: tuple[float, ...]
    share: float

    @property
    def loss(self) -> float:
        """Of both, in nats."""
        return (1 - self.share) * self.of_label + self.share * self.of_teacher


def taught(teacher: Sequence[float], student: Sequence[float], label: int, temperature: float, share: float) -> Taught:
    """What one image teaches.

    Args:
        teacher, student: a score for each class.
        label: the index of the right one.
        temperature: above 0.
        share: of the loss that is the teacher's, 0 to 1.
    """
    plain, soft, wanted = softened(student, 1), softened(student, temperature), softened(teacher, temperature)
    distance = sum(p * (math.log(p) - math.log(q)) for p, q in zip(wanted, soft, strict=True) if p > 0)
    right = [float(index == label) for index in range(len(student))]
    return Taught(
        of_label=-math.log(plain[label]),
        of_teacher=temperature**2 * distance,
        label_push=tuple((1 - share) * (one - got) for one, got in zip(right, plain, strict=True)),
        teacher_push=tuple(share * temperature * (p - q) for p, q in zip(wanted, soft, strict=True)),
        share=share,
    )
