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
# # One neuron: perceptron, Adaline, logistic regression
#
# Before there were networks there were single neurons. Three of them made history, and they differ
# in one thing only: what they call an error.
#
# | neuron | year | output | error |
# |---|---|---|---|
# | perceptron | 1958 | a hard step | $\max(0, -y s)$ |
# | Adaline | 1960 | the sum itself | $\frac12 (s - y)^2$ |
# | logistic regression | 1958 | a sigmoid: a probability | cross-entropy |
#
# All three learn by the loop of [notebook 4](04_training.ipynb), here on real flowers.

# %%
import random

import numpy as np

import autograd
import nn
from autograd import Value
from course import check, plots
from nn.data import load

# %% [markdown]
# ## 1. The perceptron
#
# Rosenblatt's **perceptron** is one neuron with a hard step (*Heaviside*): +1 where
# the score $s = w \cdot x + b$ is above 0, else -1. The step is flat, so no gradient comes through
# it. The learning rule goes around: where the answer is right, do nothing; where it is wrong, add
# $\eta\, y\, x$ to the weights.
#
# That *is* stochastic gradient descent, on the **perceptron criterion** $\max(0, -y s)$ of the
# score, one example at a time:

# %%
w, b, x, target = [Value(0.5), Value(-1.0)], Value(0.0), [1.0, 2.0], 1
score = autograd.dot(w, x) + b
nn.perceptron_loss(score, target).backward()
print(f"score {score:.1f}, wrong side; minus the gradient:", [-p.grad for p in w], "is y * x")

# %% [markdown]
# The data: 150 Iris flowers, three kinds, four measurements. They are **standardised**: mean 0,
# standard deviation 1 for each measurement, so that centimetres of long and of short leaves count
# alike. First question: is it *setosa*?

# %%
iris = load("iris", scale="standard", seed=0)
flowers = np.concatenate([iris.X_train, iris.X_test])
kinds = np.concatenate([iris.y_train, iris.y_test])
print("kinds:", *iris.classes)
print("measurements:", ", ".join(iris.columns))

is_setosa = np.where(kinds == 0, 1, -1)
perceptron = nn.Perceptron(4, rng=random.Random(0))
history = nn.fit(
    perceptron, flowers, is_setosa, loss="perceptron_loss", batch_size=1, epochs=5, seed=0,
    optimizer=nn.SGD(perceptron.parameters(), lr=0.1), progress=False,
)  # fmt: skip
print("mistakes on the way, by epoch:", [round(150 * (1 - share)) for share in history.accuracy])
perceptron.eval()  # from now on its answers are the step, +1 or -1
print("its answers: ", [int(perceptron(x).data) for x in flowers[:10]])
print("should be:   ", is_setosa[:10].tolist())

# %% [markdown]
# A few mistakes, and then none, and then it stays as it is for good: where nothing is wrong,
# nothing moves.
# A theorem says that this always happens **if** a plane separates the classes.
#
# Second question: *versicolor* or *virginica*? Two measurements will do, so that we can look.

# %%
pair = kinds != 0
petals = flowers[pair][:, 2:]
petals = (petals - petals.mean(axis=0)) / petals.std(axis=0)
signs = np.where(kinds[pair] == 2, 1, -1)

perceptron = nn.Perceptron(2, rng=random.Random(0))
history = nn.fit(
    perceptron, petals, signs, loss="perceptron_loss", batch_size=1, epochs=60, seed=0,
    optimizer=nn.SGD(perceptron.parameters(), lr=0.1), validation=(petals, signs), progress=False,
)  # fmt: skip
errors = [round(100 * (1 - share)) for share in history.val_accuracy]
left, right = plots.panels(2, (10, 3.5))
plots.lines({"o: errors": errors}, "epoch", "errors among 100 flowers", ax=left)
nn.plot_boundary(perceptron, petals, signs, ax=right)
right.set(xlabel="petal length", ylabel="petal width", title="where it happened to end")
plots.show()
print(f"fewest errors {min(errors)}, most {max(errors)}, in the end {errors[-1]}")

# %% [markdown]
# No straight line separates the two, so some flower is always wrong, and each wrong flower pushes
# the line, however good it was. The perceptron **never comes to rest**; where it ends is an
# accident of when we stop.
#
# ## 2. Adaline
#
# Two years later Widrow and Hoff took the step out of the learning: **Adaline** fits the score
# itself to the label, +1 or -1, by the squared error $\frac12 (s - y)^2$. Its activation is the
# identity, and the step is applied only when one asks for a class. Now there is a best answer even
# where no line separates: the **least-squares solution**, and linear algebra can compute it.

# %%
A = np.column_stack([petals, np.ones(100)])
exact, *_ = np.linalg.lstsq(A, signs, rcond=None)
print("least squares, two weights and the bias:", exact.round(4))

# %% [markdown]
# Gradient descent knows no linear algebra. Three ways to walk: **batch** (all 100 flowers for each
# step), **stochastic** (one flower for each step), and stochastic with a learning rate that
# shrinks by 7 % after each epoch.


# %%
def adaline(batch_size, lr, epochs=100, gamma=1.0):
    """Train Adaline; return its parameters and their distance from `exact` after each epoch."""
    model = nn.MLP(2, [1], rng=random.Random(0))
    sgd = nn.SGD(model.parameters(), lr=lr)
    distances = []

    def look(history):
        found = np.array([p.data for p in model.parameters()])
        distances.append(np.abs(found - exact).max())

    nn.fit(
        model, petals, signs, loss="squared_error", optimizer=sgd, batch_size=batch_size,
        epochs=epochs, schedule=nn.ExponentialLR(sgd, gamma), seed=0, callbacks=[look],
        progress=False,
    )  # fmt: skip
    return model, distances


# %%
walks = {
    "batch, rate 0.5": adaline(100, lr=0.5),
    "stochastic, rate 0.05": adaline(1, lr=0.05),
    "stochastic, rate 0.05 shrinking": adaline(1, lr=0.05, gamma=0.93),
}
curves = {name: distances for name, (_, distances) in walks.items()}
for name, distances in curves.items():
    print(f"{name:32}: {distances[-1]:.1e} from least squares in the end")
plots.lines(curves, "epoch", "distance from least squares", log="y", level=1e-3)

# %% [markdown]
# Batch descent walks straight to the solution, closer by the same factor in each epoch. With a
# constant rate the stochastic walk arrives soon and then trembles around it, because every flower
# pulls its own way. As the rate shrinks, so does the trembling: both reach least squares, well
# within 0.001 (the grey line).
#
# How many flowers does the least-squares line get right?

# %%
model, _ = walks["batch, rate 0.5"]
print(f"Adaline: {nn.accuracy(model, petals, signs):.0%} right")

# %% [markdown]
# ## 3. A sigmoid, and a probability
#
# The third single neuron: a **sigmoid** and cross-entropy (*logistic regression*). It answers with
# a probability. Here with the inputs scaled to [0, 1] instead of standardised, the other usual
# choice, and once with the raw centimetres, shifted by 20 as if somebody had measured from the
# wrong end of the ruler.

# %%
raw = iris.scaling.undo(flowers)[pair][:, 2:]
low, high = raw.min(axis=0), raw.max(axis=0)
versions = {
    "standardised": petals,
    "scaled to [0, 1]": (raw - low) / (high - low),
    "raw, shifted by 20": raw + 20,
}
is_virginica = (signs + 1) // 2
curves = {}
for name, inputs in versions.items():
    sigmoid = nn.MLP(2, [1], rng=random.Random(0))
    history = nn.fit(
        sigmoid, inputs, is_virginica, loss="binary_cross_entropy_with_logits", epochs=100,
        optimizer=nn.SGD(sigmoid.parameters(), lr=0.5), batch_size=10, seed=0, progress=False,
    )  # fmt: skip
    curves[name] = history.loss
    print(f"{name:20} {nn.accuracy(sigmoid, inputs, is_virginica):.0%} right")
    if name == "standardised":
        probabilities = np.array(
            [autograd.sigmoid(s) for s in nn.predict(sigmoid, inputs).tolist()]
        )
        print("  eight flowers, probability of virginica:", *probabilities[:8].round(2))
        print("  and whether they are:                    ", *is_virginica[:8])
plots.lines(curves, "epoch", "cross-entropy", log="y", legend="inputs")

# %% [markdown]
# The same neuron, rate and flowers. With the raw numbers every gradient points mostly along "all
# inputs are about 25", and the steps jump to and fro across that direction. Scaling costs one line:
# `load(..., scale="standard")` or `scale="minmax"`.
#
# ## What to take along
#
# - The perceptron learns from mistakes only. It comes to rest where a plane separates the
#   classes, and
#   never where none does.
# - Adaline has a best answer in any case: least squares.
# - Logistic regression says how sure it is. Its error signal is $a - y$ (notebook 4, section 9).
# - Scale the inputs.
#
# Next: [reading digits](06_digits.ipynb), with ten outputs at once.
#
# ## Exercises
#
# Put your answers in place of `...`. Solutions are folded.
#
# **1. One step by hand.** A perceptron has $w = (0.5, -1)$ and $b = 0.25$. It sees $x = (1, 2)$
# with the label $y = +1$, and the learning rate is 0.1. What are its weights and bias after the
# step?
#
# <details><summary>Solution 1</summary>
#
# The score is $0.5 - 2 + 0.25 = -1.25$: the wrong side. So $w + 0.1\, y\, x = (0.6, -0.8)$ and
# $b + 0.1\, y = 0.35$.
#
# ```python
# check("05.1", w1=0.6, w2=-0.8, b=0.35)
# ```
#
# </details>

# %%
check("05.1", w1=..., w2=..., b=...)

# %% [markdown]
# **2. Rosenblatt by hand.** Write the learning rule without any gradient: `rule(w, b, x, y, rate)`
# returns the new list of weights and the new bias.
#
# <details><summary>Solution 2</summary>
#
# ```python
# def rule(w, b, x, y, rate):
#     score = sum(p * q for p, q in zip(w, x)) + b
#     if y * score < 0:
#         w = [p + rate * y * q for p, q in zip(w, x)]
#         b = b + rate * y
#     return w, b
#
#
# check("05.2", rule=rule)
# model = nn.Perceptron(2, rng=random.Random(1))
# w, b = [p.data for p in model.weights], model.bias.data
# nn.fit(
#     model, petals, signs, loss="perceptron_loss", batch_size=1, epochs=5, shuffle=False,
#     optimizer=nn.SGD(model.parameters(), lr=0.1), progress=False,
# )
# for _ in range(5):
#     for x, target in zip(petals, signs, strict=True):
#         w, b = rule(w, b, x, target, 0.1)
# assert np.allclose([p.data for p in model.parameters()], [*w, b], atol=1e-9)
# ```
#
# The last lines show that it reaches the same weights as `nn.fit`: the oldest learning rule is a
# special case of the one you know.
#
# </details>


# %%
def rule(w, b, x, y, rate): ...


check("05.2", rule=rule)

# %% [markdown]
# **3. The edge.** From which learning rate on does batch Adaline diverge? The theory says
# $2/\lambda$ with the largest eigenvalue $\lambda$ of $A^T A / n$. Check on both sides with
# `adaline(100, lr=...)`.
#
# <details><summary>Solution 3</summary>
#
# Along the eigenvector each step multiplies the distance by $1 - \eta \lambda$; at the edge that
# is -1. Standardised inputs keep $\lambda$ small, which is why scaling allows longer steps.
#
# ```python
# edge = 2 / np.linalg.eigvalsh(A.T @ A / 100).max()
# for factor in 0.95, 1.05:
#     _, distances = adaline(100, lr=factor * edge)
#     print(f"rate {factor * edge:.3f}: distance {distances[-1]:.1e}")
#     assert (distances[-1] < distances[0]) == (factor < 1)
# check("05.3", edge=edge)
# ```
#
# </details>

# %%
check("05.3", edge=...)

# %% [markdown]
# **4. A probability and its gradient.** A logistic neuron has $w = 0.5$ and $b = -0.2$; the input
# is 2 and the target 1. Which probability does it give? What are the slopes of the cross-entropy
# $C$ by $s$, $w$ and $b$?
#
# <details><summary>Solution 4</summary>
#
# $s = 0.8$ and $a = \sigma(0.8) = 0.690$. Then $\partial C/\partial s = a - 1 = -0.310$, the
# slope by
# $w$ is twice that, and by $b$ the same.
#
# ```python
# a = autograd.sigmoid(0.8)
# check("05.4", probability=a, dC_ds=a - 1, dC_dw=2 * (a - 1), dC_db=a - 1)
# ```
#
# </details>

# %%
check("05.4", probability=..., dC_ds=..., dC_dw=..., dC_db=...)
