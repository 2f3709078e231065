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
# # Training: downhill, one step at a time
#
# `backward()` tells each weight which way is uphill. Training is the rest of the story: go a little
# **downhill**, look again, go on. That is *gradient descent*, and this notebook builds it by hand,
# then with one call, and then asks what can go wrong: steps too long, gradients too noisy, neurons
# that have stopped listening.
#
# You need: derivatives, `Value` with `backward()`, and one step of learning (notebooks 1 and 3).

# %%
import random

import numpy as np

import autograd
import nn
from autograd import Value
from course import check, plots
from nn import binary_cross_entropy_with_logits as bce
from nn.data import load

# %% [markdown]
# ## 1. The task
#
# Two half moons of points in the plane. Each point is an **example**: two inputs and a **target**,
# its class, 0 or 1. Fifty points are held out for a test; no training step will see them.

# %%
moons = load("moons", seed=0)
X, y = moons.X_train, moons.y_train
print(len(X), "training examples,", len(moons.X_test), "held out; the first:", X[0], "class", y[0])

plots.classes(X, y, "input 0", "input 1")

# %% [markdown]
# The moons reach into each other: no straight line separates them. A network with a hidden layer
# can bend its line.
#
# ## 2. The seven steps
#
# Stochastic gradient descent, in the order in which it happens:
#
# 1. Start from **small random weights**, near 0 but not 0.
# 2. Put **one observation** in.
# 3. **Forward**: compute the network's output.
# 4. **Compare** it with the target: the loss measures the error.
# 5. **Backward**: the gradient says how each weight contributes to the error.
# 6. **Update** the weights, after each observation (*online*) or after a *batch* of them.
# 7. A pass over the whole training set is an **epoch**. Do more epochs.
#
# Now one after the other, with numbers.
#
# **Step 1.** Two inputs, eight hidden neurons, one output. The random generator is seeded, so you
# get the same weights as we do.

# %%
model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
print(model.summary())
print("first weights:", [round(w.data, 3) for w in model.parameters()[:4]])

# %% [markdown]
# **Steps 2, 3 and 4.** One observation goes in, one number comes out: the *score*. Above 0 the
# network says class 1, below 0 class 0. The loss is the binary cross-entropy, `bce` for short: near
# 0 for a score that is surely right, large for one that is surely wrong.

# %%
x, target = X[0], y[0]
score = model(x)
loss = bce(score, target)
print(f"score {score:.4f}, target {target}, loss {loss:.4f}")

# %% [markdown]
# **Step 5.** Backward. `zero_grad` first, because gradients add up from one `backward` to the next.

# %%
model.zero_grad()
loss.backward()
for name, p in list(model.named_parameters())[-4:]:
    print(f"{name:25}  value {p.data:7.4f}   gradient {p.grad:7.4f}")

# %% [markdown]
# Read a line like this: if the gradient is positive, a larger weight means a larger loss, so the
# weight should become smaller.
#
# **Step 6.** So every weight moves *against* its gradient, by a small factor: the **learning
# rate**.

# %%
learning_rate = 0.1
for p in model.parameters():
    p.data -= learning_rate * p.grad

after = bce(model(x), target)
print(f"loss of this example: {loss:.4f} before the step, {after:.4f} after it")

# %% [markdown]
# The error on this example fell. One step helps one example a little; the trick is to repeat it
# over all of them.
#
# **Step 7.** The whole algorithm from a fresh start, in ten lines. Everything else in this notebook
# is a variation on them.

# %%
model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
for epoch in range(1, 4):
    total = 0.0
    for x, target in zip(X, y, strict=True):
        loss = bce(model(x), target)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        total += loss.data
    print(f"epoch {epoch}: mean loss {total / len(X):.4f}, accuracy {nn.accuracy(model, X, y):.1%}")

# %% [markdown]
# The mean loss falls from epoch to epoch. *Accuracy* is the share of examples on the right side.
#
# ## 3. The same loop in one call
#
# `nn.fit` is this loop, with the numbers computed much faster (notebook 6 shows how). Do not
# believe it, check it: the same start, the same order, one example at a time.

# %%
by_hand = [p.data for p in model.parameters()]

model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
sgd = nn.SGD(model.parameters(), lr=0.1)
nn.fit(model, X, y, loss=bce, optimizer=sgd, epochs=3, batch_size=1, shuffle=False)

difference = max(abs(p.data - q) for p, q in zip(model.parameters(), by_hand, strict=True))
print(f"largest difference in any weight: {difference:.0e}")


# %% [markdown]
# The same weights, up to rounding. An **optimiser** such as `nn.SGD` holds the rule of step 6;
# SGD stands for *stochastic gradient descent*.
#
# ## 4. Watching it learn
#
# `fit` calls each function in `callbacks` after every epoch. The one below draws the **decision
# boundary**, the line where the network changes its mind, at four moments.

# %%
model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
sgd = nn.SGD(model.parameters(), lr=0.5)
held_out = (moons.X_test, moons.y_test)
watch = plots.Boundaries(model, X, y, epochs=[0, 1, 30, 60])
history = nn.fit(
    model, X, y, loss=bce, optimizer=sgd, epochs=60, batch_size=10, seed=0,
    validation=held_out, callbacks=[watch],
)  # fmt: skip
plots.show()

# %% [markdown]
# At first the line is anywhere. After one epoch it is a good straight cut; later it bends between
# the moons. Straight first, bent later is typical: the large, simple part of the error goes first.
#
# The next cell shows the loss over the epochs, and then a small page in which the same model trains
# live, from the same start.

# %%
history.plot()
plots.show()
print(f"accuracy on the points held out: {nn.accuracy(model, *held_out):.0%}")

fresh = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
sgd = nn.SGD(fresh.parameters(), lr=0.5)
nn.playground(fresh, X, y, loss=bce, optimizer=sgd, test=held_out, classes=moons.classes)


# %% [markdown]
# These are the **learning curves**. Watch both kinds: if the training loss falls while the
# validation loss rises, the network learns its examples by heart (*overfitting*). Here both fall.
#
# Then the **live page**. **Play** trains, **One step** takes one mini-batch. Each neuron shows
# which part of the plane it likes; lines are weights, dashed where negative. Click a neuron for its
# formula with numbers. Choose a weight and take one step: its gradient is the mean over the
# examples of the batch, and each example's share is what comes in times the error signal (section
# 7). Then change the learning rate, add a point on the wrong side, or give the inputs noise, and
# watch the curves. `nn.load_playground` brings the page's weights back to Python. (Run the notebook
# to see it. Some viewers leave such pages out: below is how it looks after 60 epochs.)
#
# ![The live page: a network whose neurons show maps of the plane, the two moons with the decision
# boundary between them, and the loss over 60 epochs](04_live.png)
#
# ## 5. How long a step? The learning rate
#
# On one weight (notebook 1, exercise 6) a step that is too short creeps, and one that is too long
# jumps over the valley and lands *higher* on the other side. The same happens on the moons. Each
# update here uses all 200 examples, so that the curves show the learning rate and nothing else.

# %%
curves = {}
for lr, name in (0.01, "too small"), (3, "right"), (100, "too large"):
    model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
    sgd = nn.SGD(model.parameters(), lr=lr)
    settings = dict(epochs=300, batch_size=200, shuffle=False)
    curve = nn.fit(model, X, y, loss=bce, optimizer=sgd, **settings).loss
    curves[f"{lr}: {name}"] = curve
    print(f"learning rate {lr:6}: loss {curve[-1]:8.4f} after 300 updates")
plots.lines(curves, "update", "loss", log="y", ylim=(1e-3, 300), legend="learning rate")

# %% [markdown]
# At 0.01 the network has learnt little; at 100 it is thrown about and learns nothing; at 3 it gets
# through. Nothing is wrong with the gradient at 100. The step is too long for it.
#
# A recipe that works surprisingly often: try 0.01, 0.1, 1, 10, look at the first stretch of each
# curve, and take about half of the largest rate whose curve still falls calmly.
#
# ## 6. What the gradient says
#
# The gradient has one component for each weight, and their **sizes** can be compared. A component
# of 3.2 against one of 0.1: the first weight matters 32 times more, here and now. Take a fresh
# network and its mean loss over 20 examples, and look at a large, a middling and a small component.

# %%
model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))


def mean_loss():
    """Return the mean loss over the first 20 examples, a Value."""
    pairs = zip(X[:20], y[:20], strict=True)
    return sum(bce(model(x), t) for x, t in pairs) / 20


# %%
start = mean_loss()
start.backward()
ranked = sorted(model.named_parameters(), key=lambda item: -abs(item[1].grad))
chosen = [ranked[0], ranked[10], ranked[-1]]
for name, p in chosen:
    print(f"{name:28} gradient {p.grad:8.4f}")

# %% [markdown]
# Test the claim: move each of the three by 0.001, alone, and see how much the loss changes.

# %%
for name, p in chosen:
    p.data += 0.001
    change = mean_loss().data - start.data
    p.data -= 0.001
    print(f"{name:28} loss changes by {change:.7f} = 0.001 times {change / 0.001:7.4f}")

ratio = abs(chosen[0][1].grad / chosen[-1][1].grad)
print(f"\nthe first matters {ratio:.0f} times more than the last")

# %% [markdown]
# Each quotient is the gradient component, to three digits or so. So a step of gradient descent
# spends its length where it pays: weights that matter move much, the others hardly.
#
# ## 7. Each example pulls
#
# The gradient over a batch is the **mean of what each example asks for**. Collect the wishes of all
# 200 examples: one row for each example, one column for each weight.

# %%
rows = []
for x, target in zip(X, y, strict=True):
    model.zero_grad()
    bce(model(x), target).backward()
    rows.append([p.grad for p in model.parameters()])
wishes = np.array(rows)
whole = wishes.mean(axis=0)
print(wishes.shape, "and their mean", whole.shape)

# %% [markdown]
# How well does a **mini-batch**, a few examples drawn at random, agree with the whole training set?
# The cosine of the angle between the two gradients is 1 where they point the same way, 0 where they
# have nothing to do with each other, negative where they disagree.

# %%
rng = np.random.default_rng(0)


def agreement(size):
    """Return the cosine between the gradient of a random mini-batch and the whole one."""
    part = wishes[rng.permutation(len(wishes))[:size]].mean(axis=0)
    return part @ whole / np.linalg.norm(part) / np.linalg.norm(whole)


for size in 1, 5, 20, 100:
    cosines = [agreement(size) for _ in range(500)]
    print(f"{size:3} examples: cosine {np.mean(cosines):.2f} on average, worst {min(cosines):5.2f}")

# %% [markdown]
# A single example is right on average and sometimes quite wrong. Twenty agree well with all 200, at
# a tenth of the work. That is the idea of mini-batches: **an approximate gradient, much sooner**.
#
# ## 8. Batch, mini-batch, online
#
# Only the batch size differs: all 200 examples for each update (*batch* training), 20
# (*mini-batch*), or one (*online*). To see the path we take a model with just two weights, on
# inputs shifted and scaled to mean 0 and standard deviation 1.
#
# `autograd.compile(f, batch=True)` runs `f` on many examples at once; `mean` is the mean loss, as a
# `Value`.

# %%
Z = (X - X.mean(axis=0)) / X.std(axis=0)
w = [Value(0.0), Value(0.0)]


def example_loss(x, target):
    """Return the loss of one example for the score w . x."""
    return bce(autograd.dot(w, x), target)


program = autograd.compile(example_loss, batch=True)


# %% [markdown]
# Shuffle, cut into batches, average, step:


# %%
def descend(batch_size, passes, lr=0.5):
    """Train from w = (-3, 1); return w after each update."""
    w[0].data, w[1].data = -3.0, 1.0
    rng, path = np.random.default_rng(0), [(-3.0, 1.0)]
    for _ in range(passes):
        order = rng.permutation(len(Z))
        for start in range(0, len(Z), batch_size):
            batch = order[start : start + batch_size]
            w[0].grad = w[1].grad = 0.0
            program.mean(Z[batch], y[batch]).backward()
            for v in w:
                v.data -= lr * v.grad
            path.append((w[0].data, w[1].data))
    return np.array(path)


paths = {200: descend(200, passes=40), 20: descend(20, passes=6), 1: descend(1, passes=1)}


# %% [markdown]
# The map shows the loss of the whole training set at every point of the plane, as lines of equal
# height.


# %%
def height(w0, w1):
    """Return the mean loss over all examples at w = (w0, w1)."""
    w[0].data, w[1].data = w0, w1
    return program.mean(Z, y).data


plots.paths(height, {f"batch size {size}": path for size, path in paths.items()})

# %% [markdown]
# The batch path is smooth. The mini-batch path is almost the same. The online path staggers like a
# walker in fog, and then circles in the valley without coming to rest: each single example pulls
# its own way.
#
# So why not always the whole batch? Look at the price.

# %%
per_update, per_pass = {}, {}
for size, path in paths.items():
    losses = np.array([height(*point) for point in path[:201]])
    passes = np.arange(len(losses)) * size / len(Z)
    per_update[f"{size}"] = losses[:41]
    per_pass[f"{size}"] = (passes[passes <= 4], losses[passes <= 4])
left, right = plots.panels(2, (10, 3.3), sharey=True)
plots.lines(per_update, "updates", "loss on the training set", ax=left, legend="batch size")
plots.lines(per_pass, "passes (the work done)", ax=right, legend="batch size")
plots.show()

# %% [markdown]
# Left, per **update**: about equal, the online curve is just noisier. Right, per **pass**: online
# and mini-batch training are down in the valley before batch training has made its second update.
# The same work, many more steps.
#
# In practice one takes mini-batches of 10 to 200: hardly noisier than the whole batch, nearly as
# quick as online training, and many examples at once suit the computer (notebook 6).
#
# ## 9. A neuron that does not listen
#
# One sigmoid neuron, one example: input 1, target 0. The output is $a = \sigma(s)$ with
# $s = w x + b$. We start it badly wrong: $w = b = 2$, so that $a = \sigma(4) = 0.98$. One would
# expect a large error to teach quickly.
#
# Two ways to measure the error (the target is 0):
# the **quadratic cost** $C = \frac12 a^2$, and the **cross-entropy** $C = -\ln(1 - a)$.


# %%
def quadratic(a):
    """Half the square of the error, the target being 0."""
    return 0.5 * a**2


def cross_entropy(a):
    """Cross-entropy, the target being 0."""
    return -(1 - a).log()


def learn(cost, start=2.0, lr=0.15, epochs=300):
    """Train the neuron from w = b = start; return its output before each update."""
    w, b, outputs = Value(start), Value(start), []
    for _ in range(epochs):
        a = (w * 1 + b).sigmoid()
        outputs.append(a.data)
        w.grad = b.grad = 0.0
        cost(a).backward()
        w.data, b.data = w.data - lr * w.grad, b.data - lr * b.grad
    return outputs


curves = {"quadratic cost": learn(quadratic), "cross-entropy": learn(cross_entropy)}
plots.lines(curves, "epoch", "output $a$ (target: 0)", ylim=(0, 1))

# %% [markdown]
# Same neuron, same start, same learning rate. Under the quadratic cost it sits near 0.98 for a
# hundred epochs as if it had heard nothing; under cross-entropy it learns fastest exactly where it
# is most wrong. (This is the experiment of Nielsen, *Neural Networks and Deep Learning*, chapter
# 3.)
#
# Why? Ask the chain rule. First the quadratic cost:

# %%
w, b, x = Value(2.0), Value(2.0), 1
s = w * x + b
a = s.sigmoid()
C = quadratic(a)
print(autograd.explain(C, names=dict(w=w, b=b, s=s, a=a, C=C), fold=True, fmt=".4g"))

# %% [markdown]
# From the top: the cost says clearly "come down", $\partial C/\partial a = 0.982$. Then the sigmoid
# multiplies this by its slope $\sigma'(s) = a (1 - a) = 0.0177$, and what reaches the weight is
# almost nothing. At $s = 4$ the sigmoid is nearly flat: the neuron is **saturated**.
#
# Now the cross-entropy, at the same place:

# %%
w, b = Value(2.0), Value(2.0)
s = w * x + b
a = s.sigmoid()
C = cross_entropy(a)
print(autograd.explain(C, names=dict(w=w, b=b, s=s, a=a, C=C), fold=True, fmt=".4g"))

# %% [markdown]
# The same slope 0.0177 is there, but the cost shouts: $\partial C/\partial a = 1/(1 - a) = 55.6$.
# The product is $0.982 = a - 0$, the error itself. In general
#
# $$\frac{\partial C}{\partial s} = \frac{1}{1-a} \cdot a (1-a) = a,$$
#
# and with a target $y$ it is $a - y$: **the slope cancels**. That is why classifiers are trained
# with cross-entropy. `nn.binary_cross_entropy_with_logits` takes $s$ itself and does the cancelling
# before any digit is lost.

# %%
s = Value(4.0)
bce(s, 0).backward()
print(f"gradient {s.grad:.6f}, error a - y = {s.sigmoid():.6f}")

# %% [markdown]
# ## 10. Vanishing gradients
#
# The derivative of the error with respect to a neuron's sum $s$ is its **error signal** (notebook
# 3, section 4). Each sigmoid on the way back multiplies the error signal by a slope of at most 1/4.
# In a deep network it soon comes to nothing. A chain of ten neurons, all weights 1, and the error
# signal at each:


# %%
def signals(activation, layers=10):
    """Return the size of the error signal at each neuron of a chain."""
    z, sums = Value(0.5), []
    for _ in range(layers):
        sums.append(Value(1.0) * z)
        z = activation(sums[-1])
    z.backward()
    return [abs(s.grad) for s in sums]


curves = {name: signals(getattr(autograd, name)) for name in ("sigmoid", "tanh", "relu")}
plots.lines(curves, "neuron, from input to output", "size of the error signal", log="y")

# %% [markdown]
# Through ten sigmoids less than a millionth of the signal reaches the first neuron: it hardly
# learns. These are **vanishing gradients**. The slope of tanh is up to 1, that of relu is exactly 1
# wherever it is active; that is why hidden layers use them.
#
# Next: [one neuron](05_one_neuron.ipynb), the oldest networks of all.
#
# ## Exercises
#
# Put your answers in place of `...`. Solutions are folded.
#
# **1. All weights zero.** Train `nn.MLP(2, [8, 1], activation="tanh", init="zeros")` on the moons
# for 20 epochs. Which of its parameters have moved? Give a list of their names
# (`model.named_parameters()`). Why does step 1 say *random*?
#
# <details><summary>Solution 1</summary>
#
# The hidden outputs are tanh(0) = 0 and the outgoing weights are 0, so every gradient but that of
# the last bias is 0. The network learns which class is more frequent, and nothing else. Equal
# neurons get equal gradients; only random weights tell them apart.
#
# ```python
# zeros = nn.MLP(2, [8, 1], activation="tanh", init="zeros")
# nn.fit(zeros, X, y, loss=bce, epochs=20, seed=0)
# moved = [name for name, p in zeros.named_parameters() if p.data != 0]
# check("04.1", moved=moved)
# ```
#
# </details>

# %%
check("04.1", moved=...)

# %% [markdown]
# **2. Momentum.** `nn.SGD(params, lr=0.5, momentum=0.9)` lets the steps gather speed. How many
# epochs does a fresh network (`rng=random.Random(0)`, batch size 10, seed 0) need on the moons
# until the training loss is below 0.1: without momentum, and with it?
#
# <details><summary>Solution 2</summary>
#
# ```python
# needed = []
# for momentum in 0, 0.9:
#     model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
#     sgd = nn.SGD(model.parameters(), lr=0.5, momentum=momentum)
#     curve = nn.fit(model, X, y, loss=bce, optimizer=sgd, epochs=80, batch_size=10, seed=0).loss
#     needed.append(next(i for i, value in enumerate(curve, start=1) if value < 0.1))
# check("04.2", without=needed[0], with_momentum=needed[1])
# ```
#
# Steps that agree add up: with momentum 0.9 to ten times the length. So compare learning rates
# only at the same momentum.
#
# </details>

# %%
check("04.2", without=..., with_momentum=...)

# %% [markdown]
# **3. Noise.** The gradient of a mini-batch of $n$ examples scatters around the whole gradient.
# Draw many mini-batches of 4 and of 16 examples from `wishes`, with `rng.integers`, and compare
# their root mean square distances from `whole`. How many times larger is the one of 4?
#
# <details><summary>Solution 3</summary>
#
# ```python
# rng, scatter = np.random.default_rng(1), {}
# for n in 4, 16, 64:
#     means = [wishes[rng.integers(0, 200, n)].mean(axis=0) for _ in range(2000)]
#     scatter[n] = np.sqrt(np.mean(np.sum((means - whole) ** 2, axis=1)))
#     print(f"{n:3} examples: scatter {scatter[n]:.4f}, times sqrt(n) {scatter[n] * n**0.5:.4f}")
# check("04.3", ratio=scatter[4] / scatter[16])
# ```
#
# The last column stays the same: the scatter is a constant divided by $\sqrt n$. Four times the
# examples, half the noise.
#
# </details>

# %%
check("04.3", ratio=...)

# %% [markdown]
# **4. More saturated.** Start the sigmoid neuron of section 9 from $w = b = 3$. What are the two
# slopes $\partial C/\partial s$ there, for the target 0? After how many epochs is the output below
# 0.5, under each cost?
#
# <details><summary>Solution 4</summary>
#
# At $s = 6$ the output is $a = 0.9975$. The quadratic cost gives $a \cdot a(1 - a) = 0.00246$, the
# cross-entropy $a$. It needs over thirty times as long.
#
# ```python
# a = autograd.sigmoid(6.0)
# epochs = []
# for cost in quadratic, cross_entropy:
#     outputs = learn(cost, start=3.0, epochs=5000)
#     epochs.append(next(i for i, a in enumerate(outputs) if a < 0.5))
# a = autograd.sigmoid(6.0)
# check("04.4", slope_quadratic=a * a * (1 - a), slope_cross_entropy=a,
#       epochs_quadratic=epochs[0], epochs_cross_entropy=epochs[1])
# ```
#
# </details>

# %%
check("04.4", slope_quadratic=..., slope_cross_entropy=..., epochs_quadratic=...,
      epochs_cross_entropy=...)  # fmt: skip

# %% [markdown]
# **5. A loss of your own.** `loss` may be any function `loss(output, target)`, and it may read the
# parameters. Write `penalised(score, target, weights)`: the cross-entropy `bce` plus 0.01 times the
# sum of all squared weights (*L2 regularisation*). What does training with it do to the weights?
#
# <details><summary>Solution 5</summary>
#
# ```python
# def penalised(score, target, weights):
#     return bce(score, target) + 0.01 * sum(w**2 for w in weights)
#
#
# check("04.5", penalised=penalised)
# model = nn.MLP(2, [8, 1], activation="tanh", rng=random.Random(0))
# sgd = nn.SGD(model.parameters(), lr=0.5)
# own = lambda score, target: penalised(score, target, model.parameters())
# nn.fit(model, X, y, loss=own, optimizer=sgd, epochs=60, batch_size=10, seed=0)
# print(f"sum of squares {sum(p.data**2 for p in model.parameters()):.1f}")
# print(f"accuracy {nn.accuracy(model, X, y):.0%}")
# ```
#
# The penalty keeps the weights small and so the boundary smooth; too strong, it keeps the network
# from bending at all.
#
# </details>


# %%
def penalised(score, target, weights): ...


check("04.5", penalised=penalised)
