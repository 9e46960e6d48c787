"""How much memory a training needs, counted from the shape of its model. Pure.

Bytes by what they hold:

- *weights*: 4 a parameter, or 2 where they stay as they are and lie in bfloat16 (LoRA on a GPU);
- *optimizer*: 12 for each parameter that learns: its gradient and the two averages of AdamW, all in
  32 bits. Adapters have weights of their own, 4 bytes more;
- *activations*: of each layer and token what the way back needs: about ten vectors as wide as the
  model and four as wide as its inner layer. Where they are computed twice, one vector a layer, and
  the rest of a single layer;
- *words*: for each token a number for every word of the vocabulary: as computed, in 32 bits, and
  its gradient.

Allocators keep about a tenth more than they hand out, and a GPU's own code takes about 1 GB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relgen_assets.training.recipes import Recipe

GB: Final = 1e9
_OWN: Final = 1.0 * GB
"""Bytes of libraries and code on the device."""
_SPARE: Final = 1.1
_WIDE, _INNER = 10, 4
"""Vectors of each layer and token that the way back needs, by their width."""
_PROJECTIONS: Final = 7
"""Matrices of a layer that get an adapter: query, key, value, output, gate, up and down."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model decides on its memory.

    Attributes:
        parameters: Number of all parameters.
        layers: Number of layers.
        width: Numbers of a token's vector (the hidden size).
        inner: Numbers of the inner layer (the intermediate size).
        words: Size of the vocabulary.
        context: Most tokens that it was made for.
    """

    parameters: int
    layers: int
    width: int
    inner: int
    words: int
    context: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a training needs, by what they hold."""

    weights: float
    optimizer: float
    activations: float
    words: float

    @property
    def total(self) -> float:
        """All of it, with what allocators keep and what the device needs itself."""
        return (self.weights + self.optimizer + self.activations + self.words) * _SPARE + _OWN


def memory_needed(shape: Shape, recipe: Recipe) -> Memory:
    """Return what a training needs with rows of the full length, an upper limit."""
    learned = learning_parameters(shape, recipe)
    computed = 2 if recipe.half else 4
    tokens = recipe.batch * recipe.max_length
    whole = recipe.method == "full"
    layer = tokens * (_WIDE * shape.width + _INNER * shape.inner) * computed
    kept = tokens * shape.width * computed
    return Memory(
        weights=shape.parameters * (4 if whole else computed),
        optimizer=learned * (12 if whole else 16),
        activations=shape.layers * kept + layer if recipe.recompute else shape.layers * layer,
        words=tokens * shape.words * (computed + 8),
    )


def learning_parameters(shape: Shape, recipe: Recipe) -> int:
    """Return how many parameters learn: all, or those of the adapters.

    An adapter of rank r of a matrix from n to m has r (n + m). Keys and values are counted as wide
    as the model, which is an upper limit.
    """
    if recipe.method == "full":
        return shape.parameters
    attention, inner = 4 * 2 * shape.width, (_PROJECTIONS - 4) * (shape.width + shape.inner)
    return shape.layers * recipe.rank * (attention + inner)
