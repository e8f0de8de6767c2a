"""`layer_jacobian` on models as Keras users write them.

Each result is compared with one that knows nothing of wrapped calls: the
layers called one after the other by hand, or Keras's own graph of a
Functional model, under TensorFlow's tape.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import applications, ops

from helpers import layer_jacobian
from tests.support import keras_in_float64, normal

layers = keras.layers


@pytest.fixture(autouse=True)
def double_precision():
    with keras_in_float64():
        keras.utils.set_random_seed(11)
        yield


def by_tape(part, h):
    """Row after row: the gradient of one number, summed over the batch."""

    @tf.function
    def row(h, chosen):
        with tf.GradientTape() as tape:
            tape.watch(h)
            y = part(h)
        return tape.gradient(y, h, output_gradients=chosen)

    y = part(h)
    size = tf.size(y[0]).numpy()
    eye = np.broadcast_to(np.eye(size)[:, None], [size, len(y), size])
    seeds = tf.reshape(tf.constant(eye, y.dtype), [size, *y.shape])
    J = tf.stack([row(h, seeds[k]) for k in range(size)], 1)
    return tf.reshape(J, [*y.shape, *h.shape[1:]])


def agrees(found, expected):
    assert found.shape == expected.shape
    size = np.max(abs(expected))
    assert size > 0
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-10 * size)


def cut(model, x, head, tail, layer):
    """Compare both sides of a layer with a head and a tail by hand."""
    h = head(x)
    np.testing.assert_allclose(tail(h), model(x), rtol=1e-10, atol=1e-12)
    agrees(layer_jacobian(model, layer)(x), by_tape(tail, h))
    agrees(
        layer_jacobian(model, layer, of="layer", wrt="input")(x),
        by_tape(head, x),
    )


def chain_of(*parts):
    def run(x):
        for part in parts:
            x = part(x)
        return x

    return run


def test_dense_network():
    model = keras.Sequential(
        [
            keras.Input([6]),
            layers.Dense(5, "tanh"),
            layers.Dense(4, "gelu", name="h"),
            layers.Dense(3, "softmax"),
        ]
    )
    a, h, y = model.layers
    cut(model, normal(4, 6), chain_of(a, h), y, "h")


def test_sequential_without_input():
    a, h, y = layers.Dense(5, "tanh"), layers.Dense(4), layers.Dense(3, "elu")
    model = keras.Sequential([a, h, layers.LayerNormalization(), y])
    x = normal(4, 6)
    model(x)
    cut(model, x, chain_of(a, h), chain_of(model.layers[2], y), h)


def test_layer_of_a_nested_functional_model():
    inner_in = keras.Input([5])
    a = layers.Dense(4, "tanh", name="inside")
    b = layers.Dense(3, "tanh")
    inner = keras.Model(inner_in, b(a(inner_in)), name="inner")
    first, last = layers.Dense(5, "tanh"), layers.Dense(2)
    inputs = keras.Input([6])
    model = keras.Model(inputs, last(inner(first(inputs))))
    x = normal(4, 6)
    cut(model, x, chain_of(first, a), chain_of(b, last), "inside")
    cut(model, x, chain_of(first, a, b), last, "inner")


def test_autoencoder_of_two_nested_models():
    encoder = keras.Sequential(
        [
            keras.Input([8, 8, 1]),
            layers.Conv2D(3, 3, 2, "same", activation="tanh"),
            layers.Flatten(),
            layers.Dense(2, name="code"),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input([2]),
            layers.Dense(48, "tanh"),
            layers.Reshape([4, 4, 3]),
            layers.Conv2DTranspose(1, 3, 2, "same"),
        ],
        name="decoder",
    )
    inputs = keras.Input([8, 8, 1])
    model = keras.Model(inputs, decoder(encoder(inputs)))
    for place in ("encoder", "code"):
        cut(model, normal(2, 8, 8, 1), encoder, decoder, place)


def test_residual_block():
    """The skip goes past the layer, and is held fixed."""
    a = layers.Conv2D(3, 3, padding="same", activation="relu", name="h")
    b = layers.Conv2D(3, 3, padding="same")
    inputs = keras.Input([5, 5, 3])
    joined = layers.ReLU()(layers.add([b(a(inputs)), inputs]))
    model = keras.Model(inputs, layers.GlobalAveragePooling2D()(joined))
    x = normal(2, 5, 5, 3)

    def tail(h):
        return tf.reduce_mean(tf.nn.relu(b(h) + x), [1, 2])

    agrees(layer_jacobian(model, "h")(x), by_tape(tail, a(x)))
    J = layer_jacobian(model, "h", of="layer", wrt="input")(x)
    agrees(J, by_tape(a, x))


def u_net():
    down = layers.Conv2D(2, 3, 2, "same", activation="tanh", name="down")
    deep = layers.Conv2D(3, 3, 2, "same", activation="tanh", name="deep")
    up = layers.Conv2DTranspose(2, 3, 2, "same", activation="tanh")
    out = layers.Conv2DTranspose(1, 3, 2, "same")
    inputs = keras.Input([8, 8, 1])
    shallow = down(inputs)
    joined = layers.concatenate([up(deep(shallow)), shallow])
    return keras.Model(inputs, out(joined)), down, deep, up, out


def test_u_net_with_skips():
    model, down, deep, up, out = u_net()
    x = normal(2, 8, 8, 1)
    shallow = down(x)

    def past_deep(h):
        return out(tf.concat([up(h), shallow], -1))

    def past_down(h):
        return out(tf.concat([up(deep(h)), h], -1))

    agrees(layer_jacobian(model, "deep")(x), by_tape(past_deep, deep(shallow)))
    agrees(layer_jacobian(model, "down")(x), by_tape(past_down, shallow))
    between = layer_jacobian(model, "deep", of="layer", wrt="down")(x)
    agrees(between, by_tape(deep, shallow))


def siamese_pair():
    encoder = keras.Sequential(
        [keras.Input([5]), layers.Dense(4, "tanh"), layers.Dense(3)],
        name="encoder",
    )
    one, two = keras.Input([5], name="one"), keras.Input([5], name="two")
    a, b = encoder(one), encoder(two)
    distance = ops.sum((a - 2 * b) ** 2, axis=1, keepdims=True)
    return keras.Model([one, two], distance), encoder


def test_siamese_pair():
    """One encoder, two calls: each has its own Jacobian."""
    model, encoder = siamese_pair()
    x = [normal(4, 5), normal(4, 5, seed=7)]
    a, b = encoder(x[0]), encoder(x[1])
    by_a, by_b = 2 * (a - 2 * b), -4 * (a - 2 * b)
    found = [layer_jacobian(model, ("encoder", k))(x)[:, 0] for k in (0, 1)]
    first = 0 if np.allclose(found[0], by_a) else 1
    np.testing.assert_allclose(found[first], by_a, rtol=1e-9)
    np.testing.assert_allclose(found[1 - first], by_b, rtol=1e-9)
    J = layer_jacobian(model, ("encoder", first), of="layer", wrt="input",
                       unconnected="zero")(x)  # fmt: skip
    agrees(J[0], by_tape(encoder, x[0]))
    assert np.all(J[1] == 0)


class Block(layers.Layer):
    """A transformer block, as it stands in many tutorials."""

    def __init__(self, width, heads, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(heads, width // heads)
        self.first = layers.LayerNormalization()
        self.second = layers.LayerNormalization()
        self.inner = layers.Dense(2 * width, "gelu")
        self.outer = layers.Dense(width)
        self.dropout = layers.Dropout(0.1)

    def call(self, x, training=False):
        x = self.first(x + self.attention(x, x, training=training))
        y = self.outer(self.inner(x))
        return self.second(x + self.dropout(y, training=training))


def transformer():
    words, places = layers.Embedding(13, 4), layers.Embedding(5, 4)
    block, last = Block(4, 2, name="block"), layers.Dense(2)
    inputs = keras.Input([5], dtype="int32")
    embedded = words(inputs) + places(ops.arange(5))
    pooled = layers.GlobalAveragePooling1D()(block(embedded))
    return keras.Model(inputs, last(pooled)), words, places, block, last


@pytest.mark.slow
def test_transformer_on_tokens():
    model, words, places, block, last = transformer()
    x = np.random.default_rng(1).integers(0, 13, [3, 5])
    start = words(x) + places(tf.range(5))

    def tail(h):
        return last(tf.reduce_mean(h, axis=1))

    agrees(layer_jacobian(model, "block")(x), by_tape(tail, block(start)))
    J = layer_jacobian(model, words)(x)
    agrees(J, by_tape(chain_of(block, tail), start))
    J = layer_jacobian(model, block, of="layer", wrt=words)(x)
    agrees(J, by_tape(block, start))
    # A layer deep inside of the block.
    inner = layer_jacobian(model, block.inner, of="layer", wrt=words)(x)

    def to_inner(h):
        return block.inner(block.first(h + block.attention(h, h)))

    agrees(inner, by_tape(to_inner, start))


class Branching(keras.Model):
    """Subclassed: layers in a list and a dict, Python in between."""

    def __init__(self):
        super().__init__()
        self.steps = [layers.Dense(5, "tanh") for _ in range(3)]
        self.heads = {"mean": layers.Dense(2), "scale": layers.Dense(2)}

    def call(self, x, training=False):
        for number, step in enumerate(self.steps):
            x = step(x) + (x if number else 0)
        return self.heads["mean"](x) * ops.exp(self.heads["scale"](x))


def test_subclassed_model():
    model, x = Branching(), normal(4, 6)
    model(x)
    first, second, third = model.steps
    a = first(x)
    b = second(a) + a

    def end(h):
        mean, scale = model.heads["mean"], model.heads["scale"]
        return mean(h) * tf.exp(scale(h))

    J = layer_jacobian(model, second)(x)
    agrees(J, by_tape(lambda h: end(third(h + a) + h + a), second(a)))
    J = layer_jacobian(model, third.name, of="layer", wrt=first)(x)
    agrees(J, by_tape(lambda h: third(second(h) + h), a))
    J = layer_jacobian(model, model.heads["scale"])(x)
    scaled = model.heads["scale"](third(b) + b)
    mean = model.heads["mean"](third(b) + b)
    agrees(J, by_tape(lambda h: mean * tf.exp(h), scaled))


@pytest.mark.slow
def test_the_real_task():
    lstm = layers.LSTM(12, activation="relu", name="lstm")
    dense = [layers.Dense(n, "relu") for n in (10, 5)] + [layers.Dense(1)]
    model = keras.Sequential([keras.Input([20, 4]), lstm, *dense])
    cut(model, normal(3, 20, 4), lstm, chain_of(*dense), "lstm")


@pytest.mark.weekly
def test_stacked_recurrent_layers():
    a = layers.GRU(4, return_sequences=True)
    b = layers.LSTM(3, return_sequences=True, name="h")
    c = layers.SimpleRNN(2)
    model = keras.Sequential([keras.Input([6, 2]), a, b, c])
    x = normal(2, 6, 2)
    h = chain_of(a, b)(x)
    agrees(layer_jacobian(model, "h")(x), by_tape(c, h))
    J = layer_jacobian(model, "h", of="layer", wrt=a)(x)
    agrees(J, by_tape(b, a(x)))


@pytest.mark.weekly
def test_bidirectional():
    both = layers.Bidirectional(
        layers.LSTM(2, return_sequences=True), name="both"
    )
    last = layers.GRU(3)
    model = keras.Sequential([keras.Input([5, 3]), both, last])
    x = normal(2, 5, 3)
    agrees(layer_jacobian(model, "both")(x), by_tape(last, both(x)))
    # One of the two LSTMs that Keras makes of the one given.
    forward = both.forward_layer
    backward = both.backward_layer(x)

    def tail(h):
        return last(tf.concat([h, backward[:, ::-1]], -1))

    agrees(layer_jacobian(model, forward)(x), by_tape(tail, forward(x)))


@pytest.mark.slow
def test_sequence_to_sequence_with_states():
    encoder = layers.LSTM(3, return_state=True, name="encoder")
    decoder = layers.LSTM(3, name="decoder")
    last = layers.Dense(2)
    source, target = keras.Input([4, 2]), keras.Input([3, 2])
    _, h, c = encoder(source)
    model = keras.Model(
        [source, target], last(decoder(target, initial_state=[h, c]))
    )
    x = [normal(2, 4, 2), normal(2, 3, 2, seed=5)]
    _, h, c = encoder(x[0])
    J = layer_jacobian(model, "encoder", unconnected="zero")(x)

    def of_memory(c):
        return last(decoder(x[1], initial_state=[h, c]))

    agrees(J[2], by_tape(of_memory, c))
    assert np.all(J[0] == 0)


def test_several_inputs_by_name():
    image = keras.Input([6, 6, 1], name="image")
    table = keras.Input([3], name="table")
    conv = layers.Conv2D(2, 3, activation="tanh", name="conv")
    dense = layers.Dense(4, "tanh")
    last = layers.Dense(2)
    flat = layers.Flatten()
    joined = layers.concatenate([flat(conv(image)), dense(table)])
    model = keras.Model({"image": image, "table": table}, last(joined))
    x = {"image": normal(3, 6, 6, 1), "table": normal(3, 3)}

    def tail(h):
        return last(tf.concat([flat(h), dense(x["table"])], 1))

    agrees(layer_jacobian(model, "conv")(x), by_tape(tail, conv(x["image"])))


def test_several_outputs():
    trunk, head = layers.Dense(5, "tanh", name="trunk"), layers.Dense(2)
    classes = layers.Dense(3, "softmax")
    inputs = keras.Input([4])
    h = trunk(inputs)
    model = keras.Model(inputs, [head(h), {"class": classes(h)}])
    x = normal(6, 4)
    J = layer_jacobian(model, "trunk")(x)
    agrees(J[0], by_tape(head, trunk(x)))
    agrees(J[1]["class"], by_tape(classes, trunk(x)))


def test_batch_normalisation():
    norm = layers.BatchNormalization(name="norm")
    first, last = layers.Dense(5), layers.Dense(2, "tanh")
    model = keras.Sequential(
        [keras.Input([4]), first, norm, layers.ReLU(), last]
    )
    x = normal(6, 4)
    model(normal(50, 4), training=True)
    before = [weight.numpy() for weight in norm.weights]
    tail = chain_of(tf.nn.relu, last)
    cut(model, x, chain_of(first, norm), tail, "norm")
    for one, two in zip(before, norm.weights, strict=True):
        np.testing.assert_array_equal(one, two.numpy())


@pytest.mark.weekly
def test_time_distributed():
    inside = layers.TimeDistributed(layers.Dense(3, "tanh"), name="steps")
    last = layers.LSTM(2)
    model = keras.Sequential([keras.Input([4, 5]), inside, last])
    cut(model, normal(2, 4, 5), inside, last, "steps")


def test_dilated_causal_convolutions():
    convs = [
        layers.Conv1D(3, 2, padding="causal", dilation_rate=2**k, name=f"c{k}",
                      activation="tanh")
        for k in range(3)
    ]  # fmt: skip
    inputs = keras.Input([8, 3])
    h = inputs
    for conv in convs:
        h = layers.add([h, conv(h)])
    model = keras.Model(inputs, h[:, -1])
    x = normal(2, 8, 3)
    zero, one, two = convs
    a = x + zero(x)

    def tail(h):
        b = a + h
        return (b + two(b))[:, -1]

    agrees(layer_jacobian(model, "c1")(x), by_tape(tail, one(a)))


def test_mixer_block():
    """Axes exchanged between two dense layers, twice."""
    tokens, channels = layers.Dense(4, "gelu"), layers.Dense(3, "gelu")
    swap = layers.Permute([2, 1])
    inputs = keras.Input([4, 3])
    mixed = swap(tokens(swap(inputs)))
    y = channels(layers.LayerNormalization(name="norm")(mixed))
    model = keras.Model(inputs, layers.Flatten()(y))
    x = normal(2, 4, 3)

    def head(x):
        mixed = tf.transpose(tokens(tf.transpose(x, [0, 2, 1])), [0, 2, 1])
        return model.get_layer("norm")(mixed)

    def tail(h):
        return tf.reshape(channels(h), [-1, 12])

    cut(model, x, head, tail, "norm")


def test_gated_mixture_of_experts():
    experts = [layers.Dense(3, "tanh", name=f"expert{k}") for k in range(3)]
    gate = layers.Dense(3, "softmax", name="gate")
    inputs = keras.Input([5])
    stacked = ops.stack([expert(inputs) for expert in experts], axis=2)
    y = ops.sum(stacked * ops.expand_dims(gate(inputs), 1), axis=2)
    model = keras.Model(inputs, y)
    x = normal(4, 5)
    values = tf.stack([expert(x) for expert in experts], 2)
    agrees(layer_jacobian(model, "gate")(x), values)
    by_expert = tf.einsum("bo,ij->boij", gate(x)[:, 1:2], np.eye(3))[:, 0]
    agrees(layer_jacobian(model, "expert1")(x), by_expert)


# Models of `keras.applications`, without weights. Classes are few, so that
# a Jacobian by a map of features, as Grad-CAM uses it, has few rows.

QUICK = {
    "MobileNetV2": (applications.MobileNetV2, 32, "block_16_project"),
    "VGG16": (applications.VGG16, 32, "block4_pool"),
}
LONG = {
    "ConvNeXtTiny": (
        applications.ConvNeXtTiny,
        32,
        "convnext_tiny_stage_2_block_8_identity",
    ),
    "DenseNet121": (applications.DenseNet121, 32, "pool4_relu"),
    "EfficientNetB0": (applications.EfficientNetB0, 32, "block6a_se_excite"),
    "InceptionV3": (applications.InceptionV3, 75, "mixed9"),
    "MobileNetV3Small": (
        applications.MobileNetV3Small,
        32,
        "expanded_conv_9_add",
    ),
    "NASNetMobile": (applications.NASNetMobile, 32, "normal_concat_12"),
    "ResNet50V2": (applications.ResNet50V2, 32, "conv5_block2_out"),
    "Xception": (applications.Xception, 71, "block13_sepconv2"),
}  # fmt: skip


@pytest.mark.parametrize("name", [
    *[pytest.param(name, marks=pytest.mark.slow) for name in QUICK],
    *[pytest.param(name, marks=pytest.mark.weekly) for name in LONG],
])  # fmt: skip
def test_models_of_keras_applications(name):
    """Keras's own graph, under a tape that watches the layer's output."""
    make, size, layer = {**QUICK, **LONG}[name]
    model = make(
        weights=None, input_shape=(size, size, 3), classes=3,
        classifier_activation=None,
    )  # fmt: skip
    both = keras.Model(model.inputs, [model.get_layer(layer).output,
                                      model.output])  # fmt: skip
    x = tf.abs(normal(2, size, size, 3)) * 50

    @tf.function
    def reference(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            h, y = both(x)
            totals = tf.unstack(tf.reduce_sum(y, 0))
        return tf.stack([tape.gradient(t, h) for t in totals], 1)

    agrees(layer_jacobian(model, layer)(x), reference(x))
