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
import math
from fractions import Fraction

import numpy as np

import autograd
import nn
from autograd import Value, detect_anomaly, explain, grad, gradcheck, hessian, minimize, why

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
# A derivative is the limit of a difference quotient, so differences can check it. But which step?
# A large one bends with the function, a small one drowns in rounding. Look at the error of
# $\frac{f(x+h) - f(x-h)}{2h}$ for $f = \exp$ at 1:

# %%
for h in (1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11):
    difference = (math.exp(1 + h) - math.exp(1 - h)) / (2 * h)
    print(f"h = {h:.0e}   error {abs(difference - math.e):.1e}")

# %% [markdown]
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
# ## Exercises
#
# 1. Work out the gradient of $g(x, y) = \frac{x y}{x + y}$ at $x = \frac12$, $y = \frac13$ by hand,
#    and let fractions confirm it.
# 2. Make a primitive `my_square` whose partial you get wrong, and see what `gradcheck` says.
# 3. The derivative of $\sqrt{x} \cdot x = x^{3/2}$ at 0 is 0. What does the engine say, why, and
#    how do you mend it?
# 4. Newton's method for an equation $h(x) = 0$ goes from $x$ to $x - h(x) / h'(x)$. Solve
#    $\cos x = x$ with `grad`, and compare with `autograd.root`.
#
# <details><summary>Solution 1</summary>
#
# ```python
# x, y = Value(Fraction(1, 2)), Value(Fraction(1, 3))
# (x * y / (x + y)).backward()
# assert (x.grad, y.grad) == (Fraction(4, 25), Fraction(9, 25))
# ```
#
# By the quotient rule, $\partial g / \partial x = y^2 / (x + y)^2$ and
# $\partial g / \partial y = x^2 / (x + y)^2$.
#
# </details>
#
# <details><summary>Solution 2</summary>
#
# ```python
# my_square = autograd.primitive(
#     "my_square",
#     scalar=lambda x: x * x,
#     array=lambda x: x * x,
#     partials=lambda out, x: (x,),
# )
# report = gradcheck(my_square, (3.0,), raise_exception=False)
# print(report)
# assert not report
# ```
#
# </details>
#
# <details><summary>Solution 3</summary>
#
# ```python
# x = Value(0.0, label="x")
# print(why(x, x.sqrt() * x))
# assert math.isnan(grad(lambda x: autograd.sqrt(x) * x)(0.0))
# mended = grad(lambda x: x * autograd.sqrt(x) if x > 0 else 0 * x)
# assert (mended(0.0), mended(4.0)) == (0.0, 3.0)
# ```
#
# The slope of the root is infinite at 0 and meets a factor 0; their product is nan.
#
# </details>
#
# <details><summary>Solution 4</summary>
#
# ```python
# def h(x):
#     return autograd.cos(x) - x
#
#
# x = 1.0
# for _ in range(6):
#     x = x - h(x) / grad(h)(x)
# assert abs(h(x)) < 1e-15 and abs(autograd.root(h, 1.0).x - x) < 1e-9
# ```
#
# </details>
