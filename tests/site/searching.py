"""Asks the site's own search, in a browser, what readers type."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import Page

from commands import questions
from site_extensions.section_search import place

# The page, the anchor and the heading of the best three.
FIRST = """text => Search._performSearch(text).reverse().slice(0, 3)
    .map(([page, name, anchor]) =>
        [page, anchor.slice(1), name.split(" › ").pop()])"""

# Searches that are not in the table of questions, and the section each
# seeks: what the ranking finds by the words of the book alone.
OTHERS = """
gradient is none for input tensor > error_messages#none-a-constant-that-nobody-watched
why does tape.gradient sum over outputs > 01_scalar#gradient-gives-you-the-sum
best epsilon for numerical gradient float32 > 07_finite_differences#which-step-and-how-many-digits
hvp > 02_tensor#hessian-times-vector-without-the-hessian
hessian vector product model weights > 02_tensor#hessian-times-vector-for-the-weights
vmap grad > 03_batch#per-sample-gradients-of-the-weights
check_grads > 07_is_my_jacobian_right#the-gradient-of-a-loss-by-the-weights
jacfwd in tensorflow > 02_tensor#column-by-column
OOM > error_messages#the-process-is-killed-or-oom-when-allocating-tensor
batch jacobian wrong with batchnorm > 03_batch#what-batch_jacobian-computes-exactly
jacobain of multihead attention > 05_intermediate_layers#attention-who-depends-on-whom
jacobian of hidden layer keras > 05_intermediate_layers#the-quick-answer
straight through estimator > 06_custom_gradients#the-jacobian-of-a-lie
vanishing gradient lstm > 04_lstm_fading#vanishing-and-exploding
xla lstm jacobian fails > 04_lstm_settings#xla
saved model lstm jacobian > 04_lstm_settings#saved-and-loaded
complex step > 07_finite_differences#the-complex-step-and-what-it-passes-through
dot product test adjoint > 02_tensor#the-dot-test
per example gradients > 03_batch#per-sample-gradients-of-the-weights
lstm_jacobian > 04_lstm_fast#lstm_jacobian
grad cam > 05_intermediate_layers#grad-cam-is-a-jacobian
dropout numerical gradient mismatch > 07_finite_differences#dropout-another-function-at-each-call
scipy approx_derivative > 07_finite_differences#which-tool
softplus overflow custom gradient > 06_custom_gradients#a-rule-that-saves-the-numbers-log1--eˣ
implicit function theorem > 06_custom_gradients_implicit#the-rule-written-out
nested model gradient none > 05_intermediate_layers#a-model-inside-a-model
tf.where nan gradient > error_messages#nan-although-tfwhere-took-the-other-branch
retracing warning > error_messages#triggered-tffunction-retracing
reshape jacobian to a matrix > 02_tensor#a-matrix-and-back
is my jacobian correct > 07_is_my_jacobian_right#is-my-jacobian-right
pinn u_xx slow > 03_batch#equations-of-physics-second-derivatives-at-every-point
slogdet > 03_batch#a-map-that-moves-a-density-the-log-determinant
saliency of text, tokens are integers > 05_intermediate_layers#tokens-behind-the-embedding
lstm jacobian very slow > 04_lstm_fast#the-whole-jacobian-fast
"""  # noqa: E501


def of_the_table() -> list[tuple[str, str, str]]:
    """Each answered question with its page and section."""
    rows = questions.all_questions()
    return [(r.question, r.page, r.section) for r in rows if not r.is_open]


def others() -> list[tuple[str, str, str]]:
    """The searches that are not in the table."""
    found = []
    for line in OTHERS.strip().splitlines():
        text, _, target = line.partition(" > ")
        page, _, section = target.partition("#")
        found.append((text, f"chapters/{page}", section))
    return found


def misses(
    page: Page, address: str, asked: Iterable[tuple[str, str, str]]
) -> list[str]:
    """The questions whose section is not among the first three results."""
    page.goto(f"{address.rstrip('/')}/search.html", wait_until="load")
    found = []
    for text, name, section in asked:
        first = page.evaluate(FIRST, text)
        places = {place(p, a) for p, *both in first for a in both}
        if place(name, section) not in places:
            found.append(f"{text!r} does not find {name}#{section}: {first}")
    return found
