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
# # Trust your gradients
#
# A wrong gradient does not crash. The network trains a little worse, or not at all, and nobody says
# why. This notebook shows four ways to find out: compute exactly, compare with differences, stop at
# the first bad number, and ask *why*. At the end you write an operation of your own, compare it
# with differences, and put it to work.

# %%
import random
from fractions import Fraction

import numpy as np

import autograd
import nn
from autograd import Value, detect_anomaly, explain, grad, gradcheck, hessian, minimize, why
from course import check
from nn.data import load

# %% [markdown]
# ## 1. Exactly
#
# On paper, a third is a third. On fractions the engine computes as you do, so your answer and its
# answer can be compared without any tolerance.

# %%
x, y = Value(Fraction(1, 3), label="x"), Value(Fraction(2, 7), label="y")
f = (x + y) * x / y
f.label = "f"
explain(f)

# %%
f.backward()
autograd.draw(f, partials=True)

# %% [markdown]
# By hand, $\partial f / \partial y = -x^2 / y^2$, which is $-\frac{1}{9} \cdot \frac{49}{4}$:

# %%
y.grad, y.grad == -Fraction(1, 9) * Fraction(49, 4)

# %% [markdown]
# Any function that is not arithmetic, such as `exp` or `abs`, gives a float.
#
# ## 2. Against differences
#
# A derivative is the limit of a difference quotient, so differences can check it. The step must be
# neither too large nor too tiny (notebook 1, section 3).
#
# `gradcheck` takes five points instead of two and chooses the step for each input. It also notices
# where there is no derivative to compare with.


# %%
def g(x, w):
    return autograd.tanh(w[0] * x + w[1]) + abs(x)


gradcheck(g, (0.0, [0.5, -0.3]))

# %% [markdown]
# A function whose gradient has been cut off by mistake does not pass:


# %%
def cut_off(x, w):
    return autograd.tanh(w[0].detach() * x + w[1])


gradcheck(cut_off, (2.0, [0.5, -0.3]), raise_exception=False)

# %% [markdown]
# A whole network is checked in the same way: a loss that takes nothing, and the parameters. And a
# check is worth something only if it **fails** when something is wrong. Here is a softplus whose
# derivative is wrong by one part in a thousand.

# %%
network = nn.MLP(4, [5, 3], activation="tanh", rng=random.Random(0))
flower = load("iris", scale="standard", seed=0)
row, kind = flower.X_train[0], int(flower.y_train[0])
report = gradcheck(lambda: nn.cross_entropy(network(row), kind), network.parameters())
print(len(report.entries), "derivatives compared, all right:", bool(report))

nearly = autograd.primitive(
    "nearly",
    scalar=autograd.softplus,
    partials=lambda out, x: (1.001 * autograd.sigmoid(x),),
)
gradcheck(nearly, (0.7,), raise_exception=False)

# %% [markdown]
# Found. Whenever you write a layer, a loss or an operation of your own: check it like this, once.
#
# ## 3. Stop at the first bad number
#
# One nan in the middle of a computation turns everything after it into nan, and the loss at the end
# does not say where it began. Inside `detect_anomaly` the first number that is not finite is an
# error, with the operation, its operands and the line.

# %%
spread = Value(0.0, label="spread")
try:
    with detect_anomaly():
        deviation = spread.sqrt()
        (3 * deviation).backward()
except FloatingPointError as error:
    print(error)

# %% [markdown]
# ## 4. Ask why
#
# A gradient of zero can have many reasons. `why` walks through the recorded graph and names the one
# that it finds.

# %%
x = Value(-3.0)
loss = (x.relu() - 1) ** 2
why(x, loss, names=locals())

# %%
x = Value(0.5)
signal = x
for _ in range(40):
    signal = (0.8 * signal).sigmoid()
why(x, signal, names=locals())

# %% [markdown]
# ## 5. Functions of functions
#
# `grad` makes a function of a function, and does so again and again. Here is the curve
# $f(x) = x^3 - 2x$, its slope, and the slope of its slope, at 2:


# %%
def curve(x):
    return x**3 - 2 * x


curve(2.0), grad(curve)(2.0), grad(grad(curve))(2.0)

# %% [markdown]
# With exact gradients and second derivatives SciPy finds minima. Rosenbrock's valley, from the
# usual start, by conjugate gradients, by BFGS and by Newton's method. (Gradient descent with one
# fixed learning rate takes tens of thousands of steps.)


# %%
def rosenbrock(p):
    return (1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2


for method in ("CG", "BFGS", "Newton"):
    result = minimize(rosenbrock, {"x": -1.2, "y": 1.0}, method=method)
    print(f"{method:<17} {result.nit:>5} steps to x = {result.x['x']:.6f}, y = {result.x['y']:.6f}")
hessian(rosenbrock)({"x": 1.0, "y": 1.0})

# %% [markdown]
# ## 6. An operation of your own
#
# A row of the table is a name, a value for numbers, a value for arrays, and its partial
# derivatives. `swish(x) = x sigmoid(x)` is popular in large networks:

# %%
swish = autograd.primitive(
    "swish",
    scalar=lambda x: x * autograd.sigmoid(x),
    array=lambda x: x / (1 + np.exp(-x)),
    partials=lambda out, x: (autograd.sigmoid(x) * (1 + x - out),),
)
gradcheck(swish, (0.7,))

# %% [markdown]
# Its derivative is right. So it may be explained, differentiated again, compiled, and learn:

# %%
x = Value(0.7, label="x")
explain(swish(x))

# %%
model = nn.MLP(2, [8, 1], activation=swish)
X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
optimizer = nn.Adam(model.parameters(), lr=0.05)
loss = "binary_cross_entropy_with_logits"
nn.fit(model, X, y, loss=loss, optimizer=optimizer, epochs=150, batch_size=4, progress=False)
[round(float(autograd.sigmoid(logit)), 3) for logit in np.ravel(nn.predict(model, X))]

# %% [markdown]
# Next: [a clinic](09_a_clinic.ipynb), where you put these tools to work.
#
# ## Exercises
#
# Put your answers in place of `...`. Solutions are folded.
#
# **1. In fractions.** Work out the gradient of $g(x, y) = \frac{x y}{x + y}$ at $x = \frac12$,
# $y = \frac13$ by hand. Fractions are written as text, such as `"1/3"`.
#
# <details><summary>Solution 1</summary>
#
# By the quotient rule, $\partial g / \partial x = y^2 / (x + y)^2$ and
# $\partial g / \partial y = x^2 / (x + y)^2$.
#
# ```python
# check("08.1", dg_dx="4/25", dg_dy="9/25")
# ```
#
# </details>

# %%
check("08.1", dg_dx=..., dg_dy=...)

# %% [markdown]
# **2. A primitive of your own.** Make `my_square`, first with a partial that is wrong, and see what
# `gradcheck` says. Then mend it.
#
# <details><summary>Solution 2</summary>
#
# ```python
# wrong = autograd.primitive(
#     "wrong_square", scalar=lambda x: x * x, partials=lambda out, x: (x,)
# )
# print(gradcheck(wrong, (3.0,), raise_exception=False))
# my_square = autograd.primitive(
#     "my_square", scalar=lambda x: x * x, partials=lambda out, x: (2 * x,)
# )
# print(gradcheck(my_square, (3.0,)))
# check("08.2", my_square=my_square)
# ```
#
# </details>

# %%
my_square = ...
check("08.2", my_square=my_square)

# %% [markdown]
# **3. A root at 0.** The derivative of $\sqrt{x} \cdot x = x^{3/2}$ at 0 is 0. What does the engine
# say, and why? Write a function `mended(x)` with the same values and the right slope at 0 and at 4.
#
# <details><summary>Solution 3</summary>
#
# ```python
# x = Value(0.0, label="x")
# print(why(x, x.sqrt() * x))
#
#
# def mended(x):
#     return x * autograd.sqrt(x) if x > 0 else 0 * x
#
#
# check("08.3", mended=mended)
# ```
#
# The slope of the root is infinite at 0 and meets a factor 0; their product is nan.
#
# </details>


# %%
def mended(x): ...


check("08.3", mended=mended)

# %% [markdown]
# **4. Newton's method** for an equation $h(x) = 0$ goes from $x$ to $x - h(x) / h'(x)$. Solve
# $\cos x = x$ with `grad`, from 1 on, and compare with `autograd.root`. How many steps does it take
# until $|h(x)| < 10^{-12}$?
#
# <details><summary>Solution 4</summary>
#
# ```python
# def h(x):
#     return autograd.cos(x) - x
#
#
# x, steps = 1.0, 0
# while abs(h(x)) >= 1e-12:
#     x, steps = x - h(x) / grad(h)(x), steps + 1
# assert abs(autograd.root(h, 1.0).x - x) < 1e-9
# check("08.4", solution=x, steps=steps)
# ```
#
# </details>

# %%
check("08.4", solution=..., steps=...)

# %% [markdown]
# **5. A convolution at a kink.** Check a fresh convolutional network (two filters with relu,
# biases 0)
# on `digits.X_train[4]`, a 1: how many **kinks** does `gradcheck` report? And with biases of 0.1?
# Think of
# the
# white corners of the image.
#
# ```python
# digits = load("digits", seed=0)
# small = nn.Sequential(
#     nn.Reshape(1, 8, 8),
#     nn.Conv2d(1, 2, 3, activation="relu", init="he", rng=1),
#     nn.AvgPool2d(2),
#     nn.Flatten(),
#     nn.Layer(18, 10, activation="linear", rng=2),
# )
# ```
#
# <details><summary>Solution 5</summary>
#
# ```python
# digits = load("digits", seed=0)
# small = nn.Sequential(
#     nn.Reshape(1, 8, 8), nn.Conv2d(1, 2, 3, activation="relu", init="he", rng=1),
#     nn.AvgPool2d(2), nn.Flatten(), nn.Layer(18, 10, activation="linear", rng=2),
# )
# image, digit, kinks = digits.X_train[4], int(digits.y_train[4]), []
# for bias in 0.0, 0.1:
#     for f in small.layers[1].filters:
#         f.bias.data = bias
#     loss = lambda: nn.cross_entropy(small(image), digit)
#     report = gradcheck(loss, small.parameters(), raise_exception=False)
#     kinks.append(sum(entry.verdict == "kink" for entry in report.entries))
# check("08.5", kinks=kinks[0], kinks_with_bias=kinks[1])
# ```
#
# On a white patch all inputs are 0, so with bias 0 the sum is exactly 0: the kink of relu. Seen
# from
# the bias there are two slopes, one to each side, and backpropagation has to choose (0, as
# everybody
# does). Neither is wrong; there *is* no derivative.
#
# </details>

# %%
check("08.5", kinks=..., kinks_with_bias=...)
