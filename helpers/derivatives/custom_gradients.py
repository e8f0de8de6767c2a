"""Is the rule of a `tf.custom_gradient` a vector-Jacobian product?"""

from functools import partial

import numpy as np
import tensorflow as tf

from helpers.derivatives.checks import JacobianError
from helpers.derivatives.core.compiled import autographed
from helpers.derivatives.core.refusals import public, refusal
from helpers.derivatives.core.requirements import check_function, unmasked
from helpers.derivatives.core.types import Function, Leaves, Structure
from helpers.derivatives.differences import finite_difference_jacobian
from helpers.derivatives.magnitudes import epsilon_of, largest

# Directions in which the rule is compared with differences.
DIRECTIONS = 3


@public
def check_custom_gradient(
    f: Function,
    x: Structure,
    *,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Test whether the rule of f is a VJP, linear and right; silent if so.

    Three tests with random numbers, for each tensor of x: the gradient has
    the shape of the tensor; it is linear in dy (dy, another dy, their sum);
    and ⟨dy, J v⟩ from differences equals ⟨gradient, v⟩, for random
    directions v. The cost is a few passes for each tensor of x, whatever
    the sizes; no Jacobian is formed. Any f may be tested, with a rule of
    its own or without.

    Args:
        f: function of one argument. A rule of several arguments takes a
            tuple: check_custom_gradient(lambda p: rule(*p), (a, b)).
        x: the point, a tensor or a structure of tensors, float32 or
            float64; float64 tells a small fault from rounding.
        rtol: allowed error, relative to the lengths of dy and J v. None:
            1000 ε^(2/3), that is 4e-8 in float64 and 2e-2 in float32.
        atol: allowed error besides. None: 10 ε^(2/3) times the largest |y|
            times the length of dy.

    Raises:
        JacobianError: the rule returns `None` or another shape, ignores dy,
            is not linear in dy, is transposed, or disagrees with
            differences; the message says which, and for which tensor of x.
            A rule that is meant to lie (clipping, straight-through) fails.
        TypeError: x or y is float16 or bfloat16, too coarse for
            differences, or not of a floating type.

    Source: Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM
    2008, chapter 3; the random directions are the dot test.

    Example:
        >>> import tensorflow as tf
        >>> @tf.custom_gradient
        ... def product(A, x):
        ...     def rule(dy):
        ...         dA = dy[:, tf.newaxis] * x
        ...         return dA, tf.linalg.matvec(A, dy, transpose_a=True)
        ...     return tf.linalg.matvec(A, x), rule
        >>> A = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], tf.float64)
        >>> x = tf.constant([1.0, -1.0, 0.5], tf.float64)
        >>> check_custom_gradient(lambda Ax: product(*Ax), (A, x))
    """
    rule = Rule(f, x, rtol, atol)
    for k in range(len(rule.leaves)):
        check_shape(rule, k)
        check_linear(rule, k)
        check_values(rule, k)


class Rule:
    """f at x, its rule, and random numbers to test it with."""

    def __init__(
        self,
        f: Function,
        x: Structure,
        rtol: float | None,
        atol: float | None,
    ) -> None:
        self.f, self.x = f, x
        self.leaves = [unmasked(leaf) for leaf in tf.nest.flatten(x)]
        self.random = np.random.default_rng(0)
        check_function(f)
        refuse_half(self.leaves)
        self.ys = self.flat(self.leaves)
        refuse_half(self.ys)
        # The relative error of a central difference with its usual step.
        coarsest = max(epsilon_of(e.dtype) for e in [*self.ys, *self.leaves])
        noise = coarsest ** (2 / 3)
        self.rtol = 1000 * noise if rtol is None else rtol
        scale = max(largest(e.numpy()) for e in self.ys)
        self.atol = 10 * noise * scale if atol is None else atol
        self.dy, self.other = self.seed(), self.seed()
        self.run = tf.function(partial(self.products), autograph=False)
        self.compiled = autographed(self.flat)

    def flat(self, leaves: Leaves) -> Leaves:
        x = tf.nest.pack_sequence_as(self.x, leaves)
        return [tf.convert_to_tensor(e) for e in tf.nest.flatten(self.f(x))]

    def products(self, leaves: Leaves, dy: Leaves) -> Leaves:
        """What the rule returns for each leaf, of whatever shape.

        A tape hands on a wrong shape, which `vjp` refuses.
        """
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves)
            ys = self.compiled(leaves)
        found = tape.gradient(ys, leaves, dy)
        return [
            tf.zeros_like(x) if g is None else tf.convert_to_tensor(g)
            for g, x in zip(found, leaves, strict=True)
        ]

    def seed(self) -> Leaves:
        """One random dy for each output."""
        return [self.normal(y) for y in self.ys]

    def normal(self, like: tf.Tensor) -> tf.Tensor:
        numbers = self.random.standard_normal(like.shape)
        return tf.constant(numbers, like.dtype)

    def gradient(self, dy: Leaves, k: int) -> np.ndarray:
        """What the rule returns for leaf k."""
        return self.run(self.leaves, dy)[k].numpy()

    def is_none(self, k: int) -> bool:
        def alone(leaf: tf.Tensor) -> Leaves:
            return self.flat(replaced(self.leaves, k, leaf))

        with tf.GradientTape() as tape:
            tape.watch(self.leaves[k])
            ys = alone(self.leaves[k])
        return tape.gradient(ys, self.leaves[k], self.dy) is None

    def directional(self, k: int, v: tf.Tensor) -> np.ndarray:
        """J v by central differences, all outputs in one vector."""
        leaf = self.leaves[k]

        def along(t: tf.Tensor) -> Leaves:
            moved = leaf + tf.cast(t, leaf.dtype) * v
            return self.flat(replaced(self.leaves, k, moved))

        zero = tf.zeros([], leaf.dtype)
        return flattened(finite_difference_jacobian(along)(zero))


def check_shape(rule: Rule, k: int) -> None:
    """The gradient of a tensor has its shape."""
    gradient, wanted = rule.gradient(rule.dy, k), rule.leaves[k].shape
    found = gradient.shape
    if found == wanted:
        return check_finite(rule, k, gradient)
    turned = found == tuple(reversed(wanted))
    causes = "a rule that is transposed" if turned else ""
    raise fault(
        rule,
        k,
        f"a gradient of shape {wanted}",
        f"shape {found}",
        "dx = Aᵀ dy and dA = dy xᵀ for y = A x"
        if turned
        else "the shape of the input; a sum over the axes that broadcasting "
        "added gives it back",
        causes,
    )


def check_finite(rule: Rule, k: int, gradient: np.ndarray) -> None:
    if not np.isfinite(gradient).all():
        raise fault(
            rule,
            k,
            "a finite gradient",
            "one with nan or infinite entries",
            "another point, or a formula that does not overflow there",
        )


def check_linear(rule: Rule, k: int) -> None:
    """The rule of a sum is the sum of the rules."""
    first, second = (rule.gradient(dy, k) for dy in (rule.dy, rule.other))
    both = [a + 2 * b for a, b in zip(rule.dy, rule.other, strict=True)]
    found, wanted = rule.gradient(both, k), first + 2 * second
    size = max(largest(each) for each in (first, second, found))
    error = np.max(np.abs(found - wanted), initial=0)
    if error <= rule.rtol * size:
        return
    silent = rule.gradient([0 * dy for dy in rule.dy], k)
    if np.max(np.abs(first - silent)) <= rule.rtol * size:
        raise fault(
            rule,
            k,
            "a rule that multiplies by dy",
            "the same gradient for dy and for 0: it ignores dy",
            "local derivative times dy",
        )
    raise fault(
        rule,
        k,
        "a rule that is linear in dy",
        f"rule(a + 2b) off from rule(a) + 2 rule(b) by {error:.2g}, with "
        f"entries up to {size:.2g}",
        "only products of dy with numbers that do not depend on dy, and "
        "sums of them",
    )


def check_values(rule: Rule, k: int) -> None:
    """⟨dy, J v⟩ by differences equals ⟨gradient, v⟩."""
    gradient, dy = rule.gradient(rule.dy, k), flattened(rule.dy)
    pairs = []
    for _ in range(DIRECTIONS):
        v = direction(rule, k)
        Jv = rule.directional(k, v)
        allowed = np.linalg.norm(dy) * (
            rule.rtol * np.linalg.norm(Jv) + rule.atol
        )
        pairs.append((v.numpy(), float(dy @ Jv), allowed))
    if all(agree(gradient, pair) for pair in pairs):
        return
    if not gradient.any() and rule.is_none(k):
        raise fault(
            rule,
            k,
            "a gradient for an input that y depends on",
            "None",
            "the product of dy with the derivative by this input",
        )
    if is_transposed(rule, k, gradient, pairs):
        raise fault(
            rule,
            k,
            "the product with the transposed Jacobian",
            "the product with the Jacobian itself: it is transposed",
            "dx = Aᵀ dy and dA = dy xᵀ for y = A x",
        )
    v, wanted, allowed = max(pairs, key=lambda pair: miss(gradient, pair))
    found = float(np.sum(gradient * v))
    raise fault(
        rule,
        k,
        f"dyᵀ J v = {wanted:.6g} (central differences)",
        f"{found:.6g} from the rule{factor(gradient, pairs)}, more than "
        f"{allowed:.2g} apart",
        "the derivative that you find by hand for one input and one output; "
        "a kink near x also makes the two differ",
    )


def miss(gradient: np.ndarray, pair: tuple) -> float:
    """How far rule and differences are apart; a nan is far."""
    v, wanted, _ = pair
    error = abs(float(np.sum(gradient * v)) - wanted)
    return np.inf if np.isnan(error) else error


def agree(gradient: np.ndarray, pair: tuple) -> bool:
    return miss(gradient, pair) <= pair[2]


def is_transposed(
    rule: Rule, k: int, gradient: np.ndarray, pairs: list
) -> bool:
    """Whether Aᵀ for A, or A for Aᵀ, makes the rule right."""
    square = gradient.ndim == 2 and len(set(gradient.shape)) == 1
    if square and all(agree(gradient.T, pair) for pair in pairs):
        return True
    if len(rule.ys) > 1 or rule.ys[0].shape != rule.leaves[k].shape:
        return False
    length = np.linalg.norm(rule.dy[0])
    Jdy = length * rule.directional(k, rule.dy[0] / length)
    error = np.linalg.norm(flattened([gradient]) - Jdy)
    allowed = rule.rtol * np.linalg.norm(Jdy) + rule.atol * length
    return bool(error <= 10 * allowed)


def factor(gradient: np.ndarray, pairs: list) -> str:
    """Say so when the rule is wrong by one number."""
    found = [float(np.sum(gradient * v)) for v, _, _ in pairs]
    wanted = [w for _, w, _ in pairs]
    if not all(found) or not all(wanted):
        return ""
    ratios = np.divide(found, wanted)
    if np.ptp(ratios) <= 1e-2 * abs(ratios[0]):
        return f" ({ratios[0]:.3g} times as much in every direction)"
    return ""


def direction(rule: Rule, k: int) -> tf.Tensor:
    """A random direction of length 1, in units of max(1, |x|)."""
    v, scale = rule.normal(rule.leaves[k]), tf.abs(rule.leaves[k])
    return v / tf.maximum(tf.norm(v), 1e-30) * tf.maximum(scale, 1)


def flattened(parts: list) -> np.ndarray:
    """All numbers of a list of arrays in one vector, in float64."""
    found = [np.asarray(part, np.float64).ravel() for part in parts]
    return np.concatenate(found)


def replaced(leaves: Leaves, k: int, leaf: tf.Tensor) -> Leaves:
    return [*leaves[:k], leaf, *leaves[k + 1 :]]


def refuse_half(tensors: Leaves) -> None:
    for dtype in (tensor.dtype for tensor in tensors):
        if dtype not in (tf.float32, tf.float64):
            raise refusal(
                "float32 or float64",
                dtype.name,
                "tf.cast, and a float64 point if you can",
                kind=TypeError,
            )


def fault(
    rule: Rule, k: int, expected: str, got: str, use: str, causes: str = ""
) -> JacobianError:
    place = "" if len(rule.leaves) == 1 else f" for input {k}"
    return refusal(
        expected + place, got, use, causes=causes, kind=JacobianError
    )
