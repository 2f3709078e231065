# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reading digits: from scalars to matrices
#
# A network of single numbers learns to read handwriting. On the way you will see
#
# - how 64 pixels become ten probabilities,
# - why computing number by number is slow, and how `autograd.compile` finds the **matrix products**
#   that are hidden in it,
# - what the trained network looks at, and where it errs,
# - a small **convolution**, written as plain loops.
#
# You need: the idea of a network and of gradient descent, from the notebooks before this one.

# %%
import random
import time

import numpy as np

import autograd
import nn
from course import check, plots
from nn.data import load

# %% [markdown]
# ## 1. The data
#
# 1,797 handwritten digits that come with scikit-learn. Each is an image of 8 by 8 pixels: a row of
# 64 numbers from 0 (white) to 1 (black), and a label, the digit. A fifth of them is **held out**:
# it takes no part in the training, so that we can see what the network does with digits that are
# new to it.

# %%
digits = load("digits", seed=0)
X, y = digits.X_train, digits.y_train
X_test, y_test = digits.X_test, digits.y_test
print("training:", X.shape, "held out:", X_test.shape)
print("the first row begins", X[0, :8], "and its label is", y[0])

plots.images(X[:20], y[:20])

# %% [markdown]
# Not easy: some you would hesitate about yourself.
#
# ## 2. One digit, number by number
#
# 64 inputs, 32 hidden neurons, 10 outputs: one **score** (or *logit*) for each digit. The largest
# score is the network's answer.

# %%
model = nn.MLP(64, [32, 10], activation="tanh", rng=random.Random(0))
print(model.summary())

# %% [markdown]
# `softmax` turns the ten scores into probabilities: all positive, their sum 1. Before any training
# they are guesses.

# %%
scores = model(X[0])
probabilities = autograd.softmax(scores)
print("the digit is a", y[0])
print("probabilities:", " ".join(f"{p:.2f}" for p in probabilities))

# %% [markdown]
# The loss is the **cross-entropy**: minus the logarithm of the probability that the network gave to
# the right digit. Certain and right: 0. A tenth: 2.3. Almost nothing: very large.

# %%
loss = nn.cross_entropy(scores, y[0])
print(f"loss {loss:.4f} = -log({probabilities[y[0]]:.4f})")

# %% [markdown]
# ### What the loss asks of each score
#
# The derivative looks frightening, a fraction inside a logarithm, and turns out to be the simplest
# one of all. With the scores $s_i$, the target $t$, and $y_i = 1$ for $i = t$ and 0 for the others:
#
# $$C = -\ln p_t = -\ln \frac{e^{s_t}}{\sum_j e^{s_j}} = \ln \sum_j e^{s_j} \; - \; s_t .$$
#
# Now by $s_i$. The first term gives $\dfrac{e^{s_i}}{\sum_j e^{s_j}}$, which is $p_i$ again. The
# second gives 1 for the target, else 0. So
#
# $$\frac{\partial C}{\partial s_i} = p_i - y_i .$$
#
# **Probability minus target.** The right score is pushed up by what its probability lacks to 1,
# every other one down by the probability that it should not have. Together the pushes are 0.

# %%
loss.backward()
expected = [p.data - (i == y[0]) for i, p in enumerate(probabilities)]
print("p - y:    ", " ".join(f"{x:5.2f}" for x in expected))
print("gradients:", " ".join(f"{s.grad:5.2f}" for s in scores))

gradient = [p.grad for p in model.parameters()]
print(f"{len(gradient)} gradients, one for each weight and bias")


# %% [markdown]
# ## 3. A mini-batch, and the clock
#
# Training takes the mean gradient over a mini-batch, here 32 digits. Number by number, with one
# `Value` for every intermediate result:


# %%
def eager_gradient():
    """Return the gradient of the mean loss over the first 32 digits, computed one by one."""
    model.zero_grad()
    for x, label in zip(X[:32], y[:32], strict=True):
        nn.cross_entropy(model(x), label).backward(1 / 32)
    return np.array([p.grad for p in model.parameters()])


start = time.perf_counter()
by_hand = eager_gradient()
eager_time = time.perf_counter() - start
print(f"one mini-batch, eagerly: {1000 * eager_time:.1f} ms")


# %% [markdown]
# One epoch has 45 such batches and training takes dozens of epochs. It would work, but you would
# wait. Where does the time go? Not into multiplying: into *handling thousands of small objects*.
#
# ## 4. Compile: record once, replay fast
#
# The thousands of operations are the same for every digit; only the numbers differ. So
# `autograd.compile` watches **one** evaluation, writes down what happened, and turns the list into
# a program for whole batches.
#
# The function stays as it was. Its arguments become `Value`s that change from row to row, so the
# label is now written as ten numbers, 1 for the right digit and 0 elsewhere (*one-hot*).


# %%
def digit_loss(x, target):
    """Return the loss for one digit."""
    return nn.cross_entropy(model(x), target)


program = autograd.compile(digit_loss, batch=True)
one_hot = np.eye(10)[y]
mean, compiled_gradient = program.value_and_grad(X[:32], one_hot[:32])
print(program)

# %% [markdown]
# Read the last line: some 2,600 recorded nodes have become a few dozen instructions, and among
# them are **matrix products**. Here is the forward part of the program that was written, in full:

# %%
source = program.source
forward, reverse = source.index("def forward"), source.index("def reverse")
print(source[forward:reverse].strip())

# %% [markdown]
# - `np.dot(a0, m0)`: the batch (32 digits of 64 pixels) times the first layer's weights (64 by 32).
#   All hidden neurons, for all digits, at once.
# - `np.add`, `np.tanh`: the biases and the activation.
# - the second `np.dot`: the hidden outputs (32 by 32) times the second layer's weights (32 by 10).
# - the rest: softmax and logarithm, the cross-entropy.
#
# Nobody told the compiler about layers. It saw sums of products that share their factors, and that
# is what a matrix product *is*.
#
# Backpropagation becomes matrix products too: the *transposed* matrices carry the error signals
# back.
#
# Two questions: is it **right**, and is it **fast**?

# %%
compiled = dict(zip(program.parameters, compiled_gradient, strict=True))
difference = max(abs(compiled[p] - g) for p, g in zip(model.parameters(), by_hand, strict=True))
print(f"largest difference in any of {len(by_hand)} gradients: {difference:.0e}")

# %%
times = []
for _ in range(50):
    start = time.perf_counter()
    program.value_and_grad(X[:32], one_hot[:32])
    times.append(time.perf_counter() - start)
compiled_time = float(np.median(times))
print(f"eager {1000 * eager_time:.1f} ms, compiled {1000 * compiled_time:.2f} ms: ", end="")
print(f"{eager_time / compiled_time:.0f} times as fast")

# %% [markdown]
# The same numbers up to rounding, in a small fraction of the time. `nn.fit` compiles for you.
#
# ## 5. Training
#
# Mini-batches of 32, and two helpers:
#
# - *momentum*: each step goes on a little in the direction of the steps before it;
# - *weight decay*: each step pulls every weight a little towards 0, so that weights which nothing
#   needs fade away.
#
# `validation` is measured after each epoch and never trained on.

# %%
sgd = nn.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.001)
start = time.perf_counter()
history = nn.fit(
    model, X, y, loss=nn.cross_entropy, optimizer=sgd, epochs=30, batch_size=32, seed=0,
    validation=(X_test, y_test),
)  # fmt: skip
print(history.report())
print(f"{time.perf_counter() - start:.1f} seconds for 30 epochs")

# %%
history.plot()
plots.show()

# %% [markdown]
# The training curves end better than the validation curves: the network has also learnt things
# about these very images that do not hold for digits in general. What counts is the held-out
# accuracy:

# %%
accuracy = nn.accuracy(model, X_test, y_test)
wrong_count = round((1 - accuracy) * len(y_test))
print(f"{accuracy:.1%} of the held-out digits read correctly, {wrong_count} of {len(y_test)} wrong")

# %% [markdown]
# ## 6. Which digits are mixed up?
#
# A **confusion table**: a row for each true digit, a column for each answer. Right answers stand on
# the diagonal.

# %%
answers = nn.predict(model, X_test).argmax(axis=1)
table = np.zeros((10, 10), dtype=int)
np.add.at(table, (y_test, answers), 1)

plots.table(table, "answer", "true digit", range(10))

# %% [markdown]
# Off the diagonal are the mistakes. Now look at them, with what the network thought.

# %%
probabilities = np.array([autograd.softmax(row) for row in nn.predict(model, X_test).tolist()])
wrong = np.flatnonzero(answers != y_test)[:6]
plots.mistakes(X_test[wrong], y_test[wrong], answers[wrong], probabilities[wrong])

# %% [markdown]
# Blue: the true digit. Orange: the answer. Sometimes the network wavers between the two, and
# sometimes it is sure and wrong. How sure is it usually?

# %%
sure = probabilities.max(axis=1)
right = answers == y_test
print(f"mean probability of its answer where it is right: {sure[right].mean():.2f}")
print(f"                               where it is wrong: {sure[~right].mean():.2f}")

# %% [markdown]
# So the probability carries information: a mistake often comes with a lower one (exercise 4 makes
# use of it).
#
# ## 7. What the hidden neurons look at
#
# Each hidden neuron has 64 weights, one for each pixel: an image. Red means "ink here excites me",
# blue "ink here silences me".

# %%
nn.plot_weights(model)
plots.show()


# %% [markdown]
# Strokes, gaps, edges. No neuron is a digit; each answers a small question, and the second layer
# weighs the answers. The borders at the left and right are white: hardly any digit has ink there,
# so nothing needs these weights, and weight decay has let them fade.
#
# ## 8. A convolution, in plain loops
#
# The MLP does not know that pixels have neighbours. A **convolution** does: a small **filter**
# looks at a patch of 3 by 3 pixels, and the *same* filter looks at every patch of the image. The
# weights are **shared** between the positions.
#
# A bank of filters is a `Layer` with 9 inputs, applied at each of the 6 times 6 positions:


# %%
class Convolution(nn.Module):
    """A bank of filters of 3 by 3 pixels, at all positions of an image of 8 by 8."""

    def __init__(self, filters, rng):
        self.bank = nn.Layer(9, filters, rng=rng)

    def forward(self, image):
        """Return the outputs of all filters at all 36 positions, one position after the other."""
        outputs = []
        for row in range(6):
            for column in range(6):
                patch = [image[8 * (row + i) + column + j] for i in range(3) for j in range(3)]
                outputs += self.bank(patch)
        return outputs


# %% [markdown]
# Loops in loops over single numbers. What does the compiler make of it?

# %%
convolution = Convolution(8, random.Random(0))
program = autograd.compile(convolution.forward, batch=True)
print(program(X[:32]).shape, "outputs: 32 digits, 36 positions times 8 filters\n")
print(program, "\n")
source = program.source
forward, reverse = source.index("def forward"), source.index("def reverse")
print(source[forward:reverse].strip())


# %% [markdown]
# `np.take` lays the 36 patches of each image side by side, and then **one** `np.dot` does all
# filters at all positions of all images: a matrix of (32 times 36) rows by 9, times 9 by 8. That
# is how deep learning libraries compute convolutions, too.
#
# A whole convolutional network: the convolution, then **max pooling** (of each 2 by 2 positions
# only the largest output goes on, so a shift by one pixel matters less), then a dense layer.


# %%
class ConvolutionalNetwork(nn.Module):
    """Convolution, max pooling, dense layer."""

    def __init__(self, filters, rng):
        self.convolution = Convolution(filters, rng)
        self.dense = nn.Layer(9 * filters, 10, activation="linear", rng=rng)

    def forward(self, image):
        """Return the ten scores."""
        maps = np.array(self.convolution(image)).reshape(6, 6, -1)
        pooled = []
        for row in range(0, 6, 2):
            for column in range(0, 6, 2):
                squares = maps[row : row + 2, column : column + 2].reshape(4, -1)
                for a, b, c, d in squares.T:  # one square of 2 by 2 for each filter
                    pooled.append(autograd.maximum(autograd.maximum(a, b), autograd.maximum(c, d)))
        return self.dense(pooled)


# %%
network = ConvolutionalNetwork(8, random.Random(0))
sgd = nn.SGD(network.parameters(), lr=0.1, momentum=0.9)
start = time.perf_counter()
nn.fit(network, X, y, optimizer=sgd, epochs=20, seed=0)
print(f"{time.perf_counter() - start:.1f} seconds")
for name, m in ("MLP", model), ("convolutional network", network):
    print(f"{name}: {len(m.parameters())} parameters, {nn.accuracy(m, X_test, y_test):.1%} right")

# %% [markdown]
# About the same accuracy with a third of the parameters: knowing about neighbours saves learning
# about them. And the filters:

# %%
nn.plot_weights(network)
plots.show()

# %% [markdown]
# Several look for an edge: red on one side, blue on the other.
#
# ## 9. No magic
#
# `compiled=False` runs the same training number by number. On a tiny part of the data, so that you
# need not wait: 40 digits, two epochs.

# %%
weights = {}
for fast in True, False:
    small = nn.MLP(64, [8, 10], activation="tanh", rng=random.Random(1))
    start = time.perf_counter()
    nn.fit(small, X[:40], y[:40], epochs=2, batch_size=8, seed=0, compiled=fast)
    print(f"compiled={fast}: {time.perf_counter() - start:.2f} s")
    weights[fast] = np.array([p.data for p in small.parameters()])

print(f"largest difference in any weight: {np.abs(weights[True] - weights[False]).max():.0e}")

# %% [markdown]
# The same weights. The compiler changes the time and nothing else: what you have understood about
# single `Value`s is all there is.
#
# ## Exercises
#
# Put your answers in place of `...`. Solutions are folded.
#
# **1. Softmax by hand.** Three scores are 1, 0 and -1, and the target is the third one. What are
# the three probabilities, and the slopes of the cross-entropy by the scores? (Lists of three
# numbers.)
#
# <details><summary>Solution 1</summary>
#
# $e^1 + e^0 + e^{-1} = 4.086$, so $p = (0.665, 0.245, 0.090)$. The slopes are $p - y$: the third
# one
# is $0.090 - 1$.
#
# ```python
# p = [0.6652, 0.2447, 0.0900]
# check("06.1", p=p, dC_ds=[0.6652, 0.2447, -0.9100])
# ```
#
# </details>

# %%
check("06.1", p=[..., ..., ...], dC_ds=[..., ..., ...])

# %% [markdown]
# **2. How many hidden neurons?** How many parameters has `nn.MLP(64, [n, 10])` for n = 2 and 64?
# Train both (rate 0.1, momentum 0.9, 30 epochs, seed 0). Which share of the held-out digits does
# the larger one read?
#
# <details><summary>Solution 2</summary>
#
# ```python
# found = {}
# for n in 2, 8, 64:
#     m = nn.MLP(64, [n, 10], activation="tanh", rng=random.Random(0))
#     sgd = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)
#     nn.fit(m, X, y, optimizer=sgd, epochs=30, seed=0)
#     found[n] = nn.accuracy(m, X_test, y_test)
#     print(f"{n:2} hidden neurons, {len(m.parameters()):4} parameters: {found[n]:.1%}")
# check("06.2", parameters_2=160, parameters_64=4810, accuracy_64=found[64])
# ```
#
# The parameters grow in proportion, the accuracy less and less.
#
# </details>

# %%
check("06.2", parameters_2=..., parameters_64=..., accuracy_64=...)

# %% [markdown]
# **3. One pixel to the right.** Shift all held-out images by one pixel (`np.roll` along the
# columns). Which share does `model` read? Then train a new network on the images *and* copies
# shifted to both sides: the training data have been **artificially expanded**. Which share does
# that one read?
#
# <details><summary>Solution 3</summary>
#
# ```python
# def shifted(images, by):
#     return np.roll(images.reshape(-1, 8, 8), by, axis=2).reshape(-1, 64)
#
# before = nn.accuracy(model, shifted(X_test, 1), y_test)
# more_X, more_y = np.concatenate([X, shifted(X, 1), shifted(X, -1)]), np.tile(y, 3)
# m = nn.MLP(64, [32, 10], activation="tanh", rng=random.Random(0))
# sgd = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)
# nn.fit(m, more_X, more_y, optimizer=sgd, epochs=20, seed=0)
# after = nn.accuracy(m, shifted(X_test, 1), y_test)
# print(f"shifted digits read: {before:.1%} before, {after:.1%} after the expansion,")
# print(f"and the digits in their own place: {nn.accuracy(m, X_test, y_test):.1%}")
# check("06.3", before=before, after=after)
# ```
#
# To the MLP a shifted digit is something new: other pixels, other weights.
#
# </details>

# %%
check("06.3", before=..., after=...)

# %% [markdown]
# **4. Scrambled pixels.** Put the 64 pixels of all images, training and held out, into one and the
# same random order. You cannot read a digit any more. Which network suffers, `"mlp"` or
# `"convolutional"`?
#
# <details><summary>Solution 4</summary>
#
# ```python
# order = np.random.default_rng(0).permutation(64)
# found = {}
# for m in nn.MLP(64, [32, 10], rng=random.Random(0)), ConvolutionalNetwork(8, random.Random(0)):
#     sgd = nn.SGD(m.parameters(), lr=0.1, momentum=0.9)
#     nn.fit(m, X[:, order], y, optimizer=sgd, epochs=20, seed=0)
#     found[type(m).__name__] = nn.accuracy(m, X_test[:, order], y_test)
# print({name: f"{share:.1%}" for name, share in found.items()})
# suffers = "mlp" if found["MLP"] < found["ConvolutionalNetwork"] else "convolutional"
# check("06.4", suffers=suffers)
# ```
#
# The MLP does not notice: it never knew which pixels are neighbours. The convolution relies on it.
#
# </details>

# %%
check("06.4", suffers=...)

# %% [markdown]
# **5. I would rather not say.** Let the network refuse the 5 % of the held-out digits where its
# highest probability (`sure`) is lowest. How many mistakes are left among the others?
#
# <details><summary>Solution 5</summary>
#
# ```python
# kept = sure > np.quantile(sure, 0.05)
# left = np.count_nonzero(kept & ~right)
# print(f"{np.count_nonzero(~right)} mistakes in all, {left} among the {kept.sum()} answered")
# check("06.5", mistakes_left=left)
# ```
#
# A few digits handed to a human, and a good part of the mistakes is gone.
#
# </details>

# %%
check("06.5", mistakes_left=...)

# %% [markdown]
# **6. A branch.** Write a function $f(x)$ that is $x^2$ above 0 and $-3x$ elsewhere, with an `if`.
# Compile it with `batch=True`, run it on 2, -2 and 5, and read `print(program)`. Is a branch
# frozen?
#
# <details><summary>Solution 6</summary>
#
# ```python
# def f(x):
#     return x * x if x > 0 else -3 * x
#
# branching = autograd.compile(f, batch=True)
# print(branching([2.0, -2.0, 5.0]))
# print(branching)
# check("06.6", f=f, frozen=branching([-2.0])[0] != f(-2.0))
# ```
#
# Two paths: each comparison is checked again for every row, and rows that decide differently run on
# a program of their own.
#
# </details>


# %%
def f(x): ...


check("06.6", f=f, frozen=...)

# %% [markdown]
# **7. The first weights.** Draw them with standard deviation 1 (`init="normal"`), then with
# $1/\sqrt{n}$ for a neuron with $n$ inputs (`init="lecun"`). Compare the held-out accuracy over the
# first ten epochs, with tanh and a learning rate of 0.5. Which is ahead, and why?
#
# <details><summary>Solution 7</summary>
#
# ```python
# curves = {}
# for init in "normal", "lecun":
#     m = nn.MLP(64, [32, 10], activation="tanh", init=init, rng=random.Random(0))
#     sgd = nn.SGD(m.parameters(), lr=0.5)
#     curves[init] = nn.fit(
#         m, X, y, optimizer=sgd, epochs=10, seed=0, validation=(X_test, y_test)
#     ).val_accuracy
#     print(f"{init:6}", " ".join(f"{share:.1%}" for share in curves[init]))
# check("06.7", ahead=max(curves, key=lambda init: sum(curves[init])))
# ```
#
# With standard deviation 1 the sum over 64 pixels is often far from 0: tanh is saturated there, its
# slope nearly 0, and little of the error signal comes through.
#
# </details>

# %%
check("06.7", ahead=...)
