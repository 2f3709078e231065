# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A clinic: ten broken trainings
#
# Ten trainings are ill. None of them stops with an error; each shows a **symptom**. You find out
# what is wrong with the tools of [notebook 8](08_trust_your_gradients.ipynb), and mend it.
#
# | tool | it answers |
# |---|---|
# | `why(w, loss)` | why is this gradient zero, tiny, enormous, or not what `.grad` says? |
# | `gradcheck(f, inputs)` | is the derivative of this function right? |
# | `with detect_anomaly():` | which operation gave the first inf or nan? |
# | `autograd.check(loss, answers)` | which of the gradients worked out by hand is wrong, and how? |
#
# The **diagnosis** is one of these words:
#
# | word | meaning |
# |---|---|
# | `"accumulated"` | gradients of earlier steps are still in it |
# | `"cut"` | the way from the loss to the weight is cut |
# | `"dead"` | relu is off for every example |
# | `"derivative"` | the derivative of an operation of our own is wrong |
# | `"infinite slope"` | a function is used where its slope is infinite |
# | `"not in place"` | the step makes a new number, and the weight stays what it was |
# | `"overflow"` | a number grows beyond what a float can hold |
# | `"rate"` | the steps are too long |
# | `"saturated"` | an activation is nearly flat where it works |
# | `"target"` | a formula worked out by hand forgets the target |
#
# For each patient: look at the symptom and the code, use a tool in the cell below, mend a copy of
# the code there, and give the diagnosis and the **loss** after the cure.

# %%
import math

import autograd
from autograd import Value, detect_anomaly, gradcheck, why
from course import check, plots

tools = why, gradcheck, detect_anomaly, autograd.check  # yours, in the cells below

points = [(0.5, 1.0), (1.0, 2.0), (2.0, 4.0)]  # y = 2 x

# %% [markdown]
# ## Patient 1. The loss goes up and down
#
# One weight is to learn $y = 2x$. The loss falls, rises, falls again, and never comes to rest.


# %%
def line_loss(w):
    return sum((w * x - y) ** 2 for x, y in points) / 3


w1, losses = Value(3.0, label="w1"), []
for _ in range(60):
    loss = line_loss(w1)
    loss.backward()
    w1.data -= 0.05 * w1.grad
    losses.append(loss.data)
plots.lines({"loss": losses}, "step", "loss")

# %% [markdown]
# Make a new forward pass, and ask: `loss = line_loss(w1)`, `print(why(w1, loss))`.
#
# <details><summary>Solution 1</summary>
#
# `why` says that `.grad` is not this gradient: other passes are in it. A smaller learning rate
# would only make the swings slower. The cure is one line.
#
# ```python
# loss = line_loss(w1)
# print(why(w1, loss, names={"loss": loss}))
# w1 = Value(3.0)
# for _ in range(60):
#     w1.grad = 0.0
#     loss = line_loss(w1)
#     loss.backward()
#     w1.data -= 0.05 * w1.grad
# check("09.1", diagnosis="accumulated", loss=loss.data)
# ```
#
# </details>

# %%
check("09.1", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 2. Nothing moves
#
# A neuron with relu and a weight behind it, for the same points. The loss is 7 in every step.


# %%
def relu_loss(w, b, v):
    return sum((v * (w * x + b).relu() - y) ** 2 for x, y in points) / 3


def train_relu(w, b, v, steps=200):
    for _ in range(steps):
        for p in (w, b, v):
            p.grad = 0.0
        loss = relu_loss(w, b, v)
        loss.backward()
        for p in (w, b, v):
            p.data -= 0.05 * p.grad
    return relu_loss(w, b, v)


w2, b2, v2 = Value(0.5, label="w2"), Value(-3.0, label="b2"), Value(1.0, label="v2")
print("loss", train_relu(w2, b2, v2).data)

# %% [markdown]
# Cure it by another start of the bias: 0.5.
#
# <details><summary>Solution 2</summary>
#
# ```python
# loss = relu_loss(w2, b2, v2)
# print(why(w2, loss, names={"loss": loss}))
# loss = train_relu(Value(0.5), Value(0.5), Value(1.0))
# check("09.2", diagnosis="dead", loss=loss.data)
# ```
#
# At $b = -3$ the sum $wx + b$ is below 0 for all three points. There relu is flat, and a neuron
# that is off for every example stays off.
#
# </details>

# %%
check("09.2", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 3. Very wrong, and very slow
#
# A sigmoid neuron has one example: input 1, target 0. It says 1, which could not be more wrong, and
# after 500 steps it still does.


# %%
def neuron(w, b):
    return (w * 1.0 + b).sigmoid()


def train_neuron(cost, steps=500):
    w, b = Value(12.0, label="w"), Value(12.0, label="b")
    for _ in range(steps):
        w.grad = b.grad = 0.0
        cost(w, b).backward()
        w.data -= 0.5 * w.grad
        b.data -= 0.5 * b.grad
    return w, b


def quadratic(w, b):
    return 0.5 * (neuron(w, b) - 0) ** 2


w3, b3 = train_neuron(quadratic)
print("output", neuron(w3, b3).data, " loss", quadratic(w3, b3).data)

# %% [markdown]
# Cure it by another cost. Cross-entropy, written for the sum $s = w + b$ itself and the target 0,
# is `softplus(s)`. The loss asked for is this one, after 500 steps.
#
# <details><summary>Solution 3</summary>
#
# ```python
# loss = quadratic(w3, b3)
# print(why(w3, loss, names={"loss": loss}))
#
#
# def cross_entropy(w, b):
#     return (w * 1.0 + b).softplus()
#
#
# w3, b3 = train_neuron(cross_entropy)
# check("09.3", diagnosis="saturated", loss=cross_entropy(w3, b3).data)
# ```
#
# At $s = 24$ the slope of the sigmoid is $4 \cdot 10^{-11}$. Under cross-entropy it cancels
# (notebook 4).
#
# </details>

# %%
check("09.3", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 4. Only half of it learns
#
# Two layers of one weight each, $\hat y = v \tanh(w x)$. The last weight learns, the first one
# stays at 0.1 for ever.


# %%
def two_layers(w, v, x):
    hidden = Value((w * x).tanh().data)
    return v * hidden


def two_layer_loss(w, v, model):
    return sum((model(w, v, x) - y) ** 2 for x, y in points) / 3


def train_layers(model, steps=500):
    w, v = Value(0.1, label="w"), Value(1.0, label="v")
    for _ in range(steps):
        w.grad = v.grad = 0.0
        two_layer_loss(w, v, model).backward()
        w.data -= 0.05 * w.grad
        v.data -= 0.05 * v.grad
    return w, v


w4, v4 = train_layers(two_layers)
print("w", w4.data, " v", v4.data, " loss", two_layer_loss(w4, v4, two_layers).data)

# %% [markdown]
# <details><summary>Solution 4</summary>
#
# ```python
# loss = two_layer_loss(w4, v4, two_layers)
# print(why(w4, loss, names={"loss": loss}))
#
#
# def mended(w, v, x):
#     return v * (w * x).tanh()
#
#
# w4, v4 = train_layers(mended)
# check("09.4", diagnosis="cut", loss=two_layer_loss(w4, v4, mended).data)
# ```
#
# `Value(….data)` is a new input that knows nothing of `w`. So do `float(…)`, `detach()` and
# everything computed inside `no_grad()`.
#
# </details>

# %%
check("09.4", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 5. The gradient is there, and nothing happens
#
# Gradients are set to 0, the loss is new in each step, the gradient is large. The loss does not
# move.

# %%
w5 = Value(3.0, label="w5")
for _ in range(60):
    for p in [w5]:
        p.grad = 0.0
    loss = line_loss(w5)
    loss.backward()
    for p in [w5]:
        p = p - 0.05 * p.grad
print("loss", loss.data, " gradient", w5.grad, " w5", w5.data)

# %% [markdown]
# <details><summary>Solution 5</summary>
#
# `why(w5, loss)` finds an ordinary gradient: the fault lies behind it, in the step. `p - ...` is a
# new Value with the name `p`; the one in the list is what it was.
#
# ```python
# loss = line_loss(w5)
# print(why(w5, loss, names={"loss": loss}))
# for _ in range(60):
#     w5.grad = 0.0
#     loss = line_loss(w5)
#     loss.backward()
#     w5.data -= 0.05 * w5.grad
# check("09.5", diagnosis="not in place", loss=loss.data)
# ```
#
# </details>

# %%
check("09.5", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 6. The loss explodes
#
# The same line, with the inputs in centimetres in place of metres: 50, 100, 200.


# %%
def centimetre_loss(w):
    return sum((w * (100 * x) - y) ** 2 for x, y in points) / 3


w6, losses = Value(0.03, label="w6"), []
for _ in range(8):
    w6.grad = 0.0
    loss = centimetre_loss(w6)
    loss.backward()
    w6.data -= 0.001 * w6.grad
    losses.append(loss.data)
print("losses", ", ".join(f"{loss:.3g}" for loss in losses))

# %% [markdown]
# Cure it by a smaller rate: the largest power of ten that works. The loss asked for is that after 8
# steps, computed anew.
#
# <details><summary>Solution 6</summary>
#
# The gradient has the right sign and is right (`gradcheck(centimetre_loss, (0.03,))`), but a step
# of this length jumps over the valley: $w - 0.02$ is multiplied by $1 - \eta\, L''$, and $L'' =
# 35{,}000$. So $\eta$ must stay below $2 / L'' = 0.000057$. Scaled inputs spare you all this.
#
# ```python
# print(gradcheck(centimetre_loss, (0.03,)))
# w6 = Value(0.03)
# for _ in range(8):
#     w6.grad = 0.0
#     centimetre_loss(w6).backward()
#     w6.data -= 0.00001 * w6.grad
# check("09.6", diagnosis="rate", loss=centimetre_loss(w6).data)
# ```
#
# </details>

# %%
check("09.6", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 7. It learns, but badly
#
# An activation of our own: $\text{squash}(x) = x / (1 + |x|)$. The loss falls at first, and then it
# stays far above 0, although $\hat y = v\,\text{squash}(w x)$ could do better.

# %%
squash = autograd.primitive(
    "squash",
    scalar=lambda x: x / (1 + abs(x)),
    partials=lambda out, x: (1 / (1 + abs(x)),),
)


def squash_loss(w, v, squash):
    return sum((v * squash(w * x) - y) ** 2 for x, y in points) / 3


def train_squash(squash, steps=500):
    w, v = Value(3.0, label="w"), Value(1.0, label="v")
    for _ in range(steps):
        w.grad = v.grad = 0.0
        squash_loss(w, v, squash).backward()
        w.data -= 0.05 * w.grad
        v.data -= 0.05 * v.grad
    return squash_loss(w, v, squash)


print("loss", train_squash(squash).data)

# %% [markdown]
# <details><summary>Solution 7</summary>
#
# By the quotient rule the slope is $1 / (1 + |x|)^2$: a square is missing.
#
# ```python
# print(gradcheck(squash, (0.7,), raise_exception=False))
# mended = autograd.primitive(
#     "mended",
#     scalar=lambda x: x / (1 + abs(x)),
#     partials=lambda out, x: (1 / (1 + abs(x)) ** 2,),
# )
# print(gradcheck(mended, (0.7,)))
# check("09.7", diagnosis="derivative", loss=train_squash(mended).data)
# ```
#
# </details>

# %%
check("09.7", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 8. Suddenly nan
#
# Find the point whose **distance** to (1, 0) and to (-1, 0) is as small as possible. The start is
# one of the two points. After a single step everything is nan.


# %%
def distances(x, y):
    return ((x - 1) ** 2 + y**2).sqrt() + ((x + 1) ** 2 + y**2).sqrt()


def walk(loss, x, y, steps=50):
    x, y = Value(x, label="x"), Value(y, label="y")
    for _ in range(steps):
        x.grad = y.grad = 0.0
        loss(x, y).backward()
        x.data -= 0.1 * x.grad
        y.data -= 0.1 * y.grad
    return loss(x, y)


print("loss", walk(distances, 1.0, 0.0).data)

# %% [markdown]
# Cure it by the square root of $d^2 + 10^{-6}$ in place of that of $d^2$.
#
# <details><summary>Solution 8</summary>
#
# ```python
# try:
#     with detect_anomaly():
#         walk(distances, 1.0, 0.0)
# except FloatingPointError as error:
#     print(error)
#
#
# def mended(x, y):
#     return ((x - 1) ** 2 + y**2 + 1e-6).sqrt() + ((x + 1) ** 2 + y**2 + 1e-6).sqrt()
#
#
# check("09.8", diagnosis="infinite slope", loss=walk(mended, 1.0, 0.0).data)
# ```
#
# The slope of the root is infinite at 0. It meets the slope of the square, which is 0, and
# $\infty \cdot 0$ is nan.
#
# </details>

# %%
check("09.8", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 9. nan from the first step on
#
# A softmax of our own, as the formula says: $p_i = e^{s_i} / \sum_j e^{s_j}$. For scores of usual
# size it works.


# %%
def own_cross_entropy(scores, target):
    powers = [s.exp() for s in scores]
    return -(powers[target] / sum(powers)).log()


for size in (1.0, 10.0, 1000.0):
    scores = [Value(size * s) for s in (0.5, 0.8, 0.2)]
    print(size, own_cross_entropy(scores, 0).data)

# %% [markdown]
# Cure it: $-\ln p_t = \ln \sum_j e^{s_j} - s_t$, and `autograd.logsumexp` computes the first part
# without ever leaving the range of floats. The loss asked for is that of the last scores.
#
# <details><summary>Solution 9</summary>
#
# ```python
# try:
#     with detect_anomaly():
#         own_cross_entropy(scores, 0)
# except FloatingPointError as error:
#     print(error)
# loss = autograd.logsumexp(scores) - scores[0]
# check("09.9", diagnosis="overflow", loss=loss.data)
# ```
#
# $e^{800}$ is beyond the largest float, and inf / inf is nan. `nn.cross_entropy` is written in this
# way, too.
#
# </details>

# %%
check("09.9", diagnosis=..., loss=...)

# %% [markdown]
# ## Patient 10. Gradients by hand
#
# Somebody does not trust `backward()` and has worked out the gradients for softmax with
# cross-entropy. The loss grows. Let `autograd.check` judge the formulas, at the start: the answers
# for `s0`, `s1` and `s2`.

# %%
target, start = 1, (0.5, 0.8, 0.2)


def gradients(scores):
    powers = [math.exp(s) for s in scores]
    return [power / sum(powers) for power in powers]


def train_by_hand(gradients, steps=20):
    scores = list(start)
    for _ in range(steps):
        scores = [s - 0.5 * g for s, g in zip(scores, gradients(scores), strict=True)]
    return math.log(sum(math.exp(s) for s in scores)) - scores[target]


print("loss at the start", train_by_hand(gradients, 0), " after 20 steps", train_by_hand(gradients))

# %% [markdown]
# <details><summary>Solution 10</summary>
#
# ```python
# s0, s1, s2 = (Value(s) for s in start)
# loss = autograd.logsumexp([s0, s1, s2]) - s1
# report = autograd.check(loss, dict(zip(["s0", "s1", "s2"], gradients(start))))
# print(report)
#
#
# def mended(scores):
#     p = gradients(scores)
#     return [p[i] - (i == target) for i in range(3)]
#
#
# assert autograd.check(loss, dict(zip(["s0", "s1", "s2"], mended(start))))
# check("09.10", diagnosis="target", loss=train_by_hand(mended))
# ```
#
# </details>

# %%
check("09.10", diagnosis=..., loss=...)

# %% [markdown]
# ## What to take along
#
# - **The loss does not move**: is the gradient 0? Then `why(w, loss)`. If it is not, the step is at
#   fault.
# - **The loss swings or grows**: set gradients to 0? Is the rate too large? Is the sign right?
# - **It learns, but badly**: `gradcheck` what you have written yourself.
# - **nan or inf**: `detect_anomaly`, which names the first operation.
# - Try on a small example with known numbers, and change one thing at a time.
