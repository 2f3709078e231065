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
# # microgpt
#
# The programs that write, answer and translate are, at heart, one small formula repeated: the
# **transformer**. This notebook builds one in scalars, after Andrej Karpathy's *microgpt*: first
# with 32 numbers, of which you can look at every one, then with thousands, which invent names.
#
# - every part, drawn: embeddings, normalisation, attention, a small network;
# - the whole, stepped through and trained, eagerly, so that you see it move;
# - the same function, compiled, trained to the end;
# - the same model from the library's layers, on 5,163 names.
#
# You need: the language models of notebook 10, and *surprise*, $-\log p$.

# %%
import math
import random

import numpy as np

import autograd
import nn
from autograd import Value, dot, softmax, take
from course import check, plots
from nn.data import load

# %% [markdown]
# ## 1. A language of two words
#
# The language has two letters, `a` and `b`, and two words, `ab` and `ba`. A dot begins a word and
# ends it. What has to be learnt: after the dot either letter may come; after one letter the other
# one; after two letters the end. So the *same* letter must be answered differently at different
# places.

# %%
alphabet = ".ab"
words = [[alphabet.index(letter) for letter in word] for word in (".ab.", ".ba.")]
print(words)
best = math.log(2) / 3
print(f"of three predictions one is a coin toss: the best mean surprise is {best:.4f}")

# %% [markdown]
# ## 2. The numbers
#
# All vectors have two numbers. The model owns six small matrices:
#
# | name | shape | what it is for |
# |---|---|---|
# | `wte` | 3 x 2 | a vector for each token; at the end also the weights of the answer |
# | `wpe` | 3 x 2 | a vector for each position |
# | `wq`, `wk`, `wv` | 2 x 2 | what a position asks, offers and says |
# | `wo` | 2 x 2 | what is made of the answers |
# | `fc1`, `fc2` | 1 x 2, 2 x 1 | a small network with one hidden neuron |


# %%
def fresh(vocabulary, width, block, hidden, seed=0, spread=0.5):
    """Return the matrices of a model, drawn by a seed."""
    rng = random.Random(seed)
    shapes = {
        "wte": (vocabulary, width), "wpe": (block, width), "wq": (width, width),
        "wk": (width, width), "wv": (width, width), "wo": (width, width),
        "fc1": (hidden, width), "fc2": (width, hidden),
    }  # fmt: skip
    return {
        name: [[Value(rng.gauss(0, spread)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def parameters(w):
    """Return all numbers of a model in one list."""
    return [value for matrix in w.values() for row in matrix for value in row]


def named(w):
    """Return them by name, for pictures."""
    return {
        f"{name}[{i}][{j}]": value
        for name, matrix in w.items()
        for i, row in enumerate(matrix)
        for j, value in enumerate(row)
    }


w = fresh(vocabulary=3, width=2, block=3, hidden=1, seed=7)
print(len(parameters(w)), "numbers")

# %% [markdown]
# ## 3. Token and position
#
# A token is looked up in `wte`, its place in `wpe`, and the two vectors are added: *which letter*
# and *where*. `take(table, token)` is `table[token]`, and still works when the token is not known
# yet, as in a compiled function.


# %%
def start(w, token, position):
    """Return the vector that stands for a token at a position."""
    return [a + b for a, b in zip(take(w["wte"], token), w["wpe"][position], strict=True)]


x = start(w, 1, 0)
autograd.draw(x, names=named(w))

# %% [markdown]
# ## 4. Normalisation
#
# Before each part the vector is brought to a common size: divided by the root of the mean of its
# squares (RMSNorm). Directions stay, sizes do not run away.


# %%
def norm(x):
    """Return the vector with mean square 1."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [scale * v for v in x]


normed = norm(x)
print("before:", [round(v.data, 4) for v in x], "after:", [round(v.data, 4) for v in normed])
print(f"mean square: {sum(v.data**2 for v in normed) / 2:.4f}")
autograd.draw(normed[0], names={"x[0]": x[0], "x[1]": x[1]})

# %% [markdown]
# ## 5. Attention
#
# So far each position is alone. Attention lets them talk. Each position makes three vectors of its
# own: a **query** (what am I looking for?), a **key** (what have I got?) and a **value** (what do I
# say?). How much position $i$ listens to position $j$ is the softmax of the products
#
# $$s_j = \frac{q_i \cdot k_j}{\sqrt{d}}, \qquad \text{and it hears } \sum_j p_j v_j.$$
#
# It may look at itself and back, never ahead: what it has to predict stands there. So the keys and
# values are two lists that grow as we read.


# %%
def linear(matrix, x):
    """Return the product of a matrix and a vector."""
    return [dot(row, x) for row in matrix]


def attend(query, keys, values):
    """Return what a position hears, and how much it listens to each so far."""
    scores = [dot(query, key) / math.sqrt(len(query)) for key in keys]
    shares = softmax(scores)
    heard = [dot(shares, column) for column in zip(*values, strict=True)]
    return heard, shares


query = [Value(1.0, label="q0"), Value(0.0, label="q1")]
keys = [[Value(2.0, label="k00"), Value(0.0, label="k01")]]
keys += [[Value(-1.0, label="k10"), Value(0.0, label="k11")]]
values = [[Value(10.0, label="says0")], [Value(20.0, label="says1")]]
heard, shares = attend(query, keys, values)
heard[0].label = "heard"
heard[0].backward()
print("listens:", [round(p.data, 3) for p in shares], "hears:", round(heard[0].data, 3))
autograd.draw(heard[0])

# %% [markdown]
# The key of the first position fits the query, so nearly all of what is heard comes from it. Look
# at the gradients: to hear more than 11.07, it would have to listen more to the second position,
# so `k10` should grow and `k00` shrink.
#
# ## 6. The whole model
#
# Attention's answer is *added* to what was there (a **residual** connection: the gradient has a way
# past every part). Then a small network thinks about each position on its own, and is added, too.
# At the end the vector is compared with that of each letter in `wte`, unless the end has a matrix
# `head` of its own: the products are the logits.


# %%
def gpt(w, tokens, heads=1):
    """Return the logits of the next token at each position."""
    keys, values, logits = [], [], []
    width = len(w["wte"][0])
    parts = [slice(i, i + width // heads) for i in range(0, width, width // heads)]
    for position, token in enumerate(tokens):
        x = start(w, token, position)
        a = norm(x)
        query = linear(w["wq"], a)
        keys.append(linear(w["wk"], a))
        values.append(linear(w["wv"], a))
        heard = []
        for part in parts:
            answer, _ = attend(query[part], [k[part] for k in keys], [v[part] for v in values])
            heard += answer
        x = [a + b for a, b in zip(x, linear(w["wo"], heard), strict=True)]
        inner = [v.relu() for v in linear(w["fc1"], norm(x))]
        x = [a + b for a, b in zip(x, linear(w["fc2"], inner), strict=True)]
        logits.append(linear(w.get("head", w["wte"]), norm(x)))
    return logits


def surprise(w, word, heads=1):
    """Return the mean of -log p of each token of a word but the first."""
    logits = gpt(w, word[:-1], heads)
    terms = [nn.cross_entropy(row, target) for row, target in zip(logits, word[1:], strict=True)]
    return sum(terms) / len(terms)


loss = surprise(w, words[0])
print(f"surprise of `.ab.`: {loss.data:.4f}; without knowing anything {math.log(3):.4f}")

# %% [markdown]
# That is all there is. Step through it: the page below computes the surprise of the first letter
# alone, forwards and then backwards. Change a number among the leaves and watch.

# %%
first = surprise(w, words[0][:2])
autograd.stepper(first, names=named(w))

# %% [markdown]
# How do we know that all gradients are right? By differences, all 32 of them:

# %%
report = autograd.gradcheck(lambda: surprise(w, words[0]), parameters(w))
print(bool(report), "-", len(parameters(w)), "derivatives compared")

# %% [markdown]
# ## 7. Training, where you can watch
#
# Adam (derived in notebook 7) keeps two running means for each number, of its gradient and of the
# gradient's square. A
# `Value` can be the key of a dict, so that is where they are kept.


# %%
class Adam:
    """Adam by hand (Kingma and Ba 2015)."""

    def __init__(self, numbers, lr):
        self.numbers, self.lr, self.steps = numbers, lr, 0
        self.mean, self.square = dict.fromkeys(numbers, 0.0), dict.fromkeys(numbers, 0.0)

    def step(self):
        self.steps += 1
        for p in self.numbers:
            self.mean[p] = 0.9 * self.mean[p] + 0.1 * p.grad
            self.square[p] = 0.99 * self.square[p] + 0.01 * p.grad**2
            mean = self.mean[p] / (1 - 0.9**self.steps)
            square = self.square[p] / (1 - 0.99**self.steps)
            p.data -= self.lr * mean / (math.sqrt(square) + 1e-8)


adam, curve = Adam(parameters(w), lr=0.05), []
for step in range(40):
    loss = sum(surprise(w, word) for word in words) / len(words)
    for p in parameters(w):
        p.grad = None
    loss.backward()
    adam.step()
    curve.append(loss.data)
    if step % 8 == 0:
        print(f"step {step:2}  surprise {loss.data:.4f}")

# %% [markdown]
# ## 8. Compiled, to the end
#
# Every step built the whole graph anew. `autograd.compile` records the function once, with the
# *tokens as arguments*, and replays it on a batch of words: the same numbers, in less time. The
# gradient comes back as an array, in the order of `program.parameters`.

# %%
program = autograd.compile(lambda *word: surprise(w, word), batch=True)
batch = np.array(words, dtype=float).T
mean, gradient = program.value_and_grad(*batch)
eager = sum(surprise(w, word) for word in words) / len(words)
print(f"compiled {mean:.15f}")
print(f"eager    {eager.data:.15f}")

# %%
for _ in range(400):
    mean, gradient = program.value_and_grad(*batch)
    for p, slope in zip(program.parameters, gradient.tolist(), strict=True):
        p.grad = slope
    adam.step()
    curve.append(mean)
plots.lines({"surprise": curve}, "step", "surprise", "32 numbers learn two words", level=best)
print(f"surprise {curve[-1]:.4f}, the best possible {best:.4f}")


# %%
def tell(tokens):
    """Return the probabilities of what follows, in words."""
    p = softmax([z.data for z in gpt(w, tokens)[-1]])
    return "  ".join(f"{letter} {q:5.1%}" for letter, q in zip(alphabet, p, strict=True))


for text in (".", ".a", ".b", ".ab", ".ba"):
    print(f"after {text:4}: {tell([alphabet.index(letter) for letter in text])}")

# %% [markdown]
# It has learnt the language: a coin toss, then the other letter, then the end. (Not every start
# gets there. With seed 0 it stays at 0.46: the vectors of `a` and `b` fall together, and what lies
# together gets the same gradients.)
#
# ## 9. Names
#
# The same text, with more numbers, is a GPT. For the names we take the library's layers, which have
# PyTorch's names: `nn.MultiHeadAttention` holds the queries, keys and values of all heads and mixes
# them. Windows of eight characters of the names (see notebook 10) are the examples, and each holds
# eight predictions.


# %%
class GPT(nn.Module):
    """One block of a transformer, the answer tied to the embeddings."""

    def __init__(self, width=16, heads=4, block=8, seed=0):
        how = {"rng": random.Random(seed), "init": lambda rng, n, m: rng.gauss(0, 0.15)}
        self.letters = nn.Embedding(27, width, **how)
        self.places = nn.PositionalEmbedding(block, width, **how)
        self.norms = [nn.RMSNorm(width, 1e-5) for _ in range(3)]
        self.attention = nn.MultiHeadAttention(width, heads, bias=False, **how)
        self.inner = nn.Layer(width, 4 * width, activation="relu", **how)
        self.outer = nn.Linear(4 * width, width, **how)
        self.head = nn.Linear(width, 27, bias=False, **how)
        self.head.weight = self.letters.weight

    def forward(self, tokens):
        x = self.places(self.letters(tokens))
        a = self.norms[0](x)
        heard, _ = self.attention(a, a, a, is_causal=True)
        x = add(x, heard)
        x = add(x, [self.outer(self.inner(v)) for v in self.norms[1](x)])
        return [z for v in self.norms[2](x) for z in self.head(v)]


def add(a, b):
    """Return the sums of two lists of vectors."""
    return [[x + y for x, y in zip(v, u, strict=True)] for v, u in zip(a, b, strict=True)]


def mean_surprise(logits, targets):
    """Return the mean of -log p over the positions of a window."""
    rows = [logits[i * 27 : (i + 1) * 27] for i in range(len(targets))]
    pairs = zip(rows, targets, strict=True)
    return sum(autograd.logsumexp(row) - take(row, t) for row, t in pairs) / len(rows)


names = load("names")
X, y = names.windows(8, stride=8)
model = GPT()
print(f"{len(model.parameters())} numbers, {len(X)} windows of 8 characters")

# %% [markdown]
# A few steps without the compiler, to see what they cost:

# %%
few = nn.fit(
    GPT(), X[:64], y[:64], loss=mean_surprise, optimizer="adam", epochs=1, batch_size=16, seed=0,
    compiled=False, progress=False,
)  # fmt: skip
print(f"surprise in the first 64 windows: {few.loss[0]:.3f}")

# %% [markdown]
# And the whole training, on the compiled program. The learning rate falls in a straight line, step
# by step.

# %%
epochs, steps = 6, 6 * -(-len(X) // 32)
adam = nn.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
falling = nn.LambdaLR(adam, lambda step: 1 - step / steps, per="batch")
history = nn.fit(
    model, X, y, loss=mean_surprise, optimizer=adam, schedule=falling, epochs=epochs, seed=0,
    progress=False,
)  # fmt: skip
print("surprise after each epoch:", " ".join(f"{loss:.3f}" for loss in history.loss))


# %%
def write(seed, temperature=1.0, most=20):
    """Return a name, each letter drawn from the model's probabilities."""
    rng = np.random.default_rng(seed)
    text = [0]
    while len(text) == 1 or (text[-1] != 0 and len(text) < most):
        window = text[-8:]
        logits = nn.predict(model, [window + [0] * (8 - len(window))])[0].reshape(8, 27)
        z = logits[len(window) - 1] / temperature
        p = np.exp(z - z.max())
        text.append(int(rng.choice(27, p=p / p.sum())))
    return names.decode(text).strip()


print([write(seed) for seed in range(12)])

# %% [markdown]
# ## What to take along
#
# - A transformer is made of dot products, a softmax and sums: scalars, with a gradient each.
# - Attention lets positions talk; the order of the text is in the position vectors, and causality
#   in that nobody looks ahead.
# - The model that you can look at, number by number, and the one that is trained on arrays are the
#   same function.
#
# `python -m nn train --data names --model gpt` does the last section from the command line, and
# `--text FILE` takes a text of yours.
#
# ## Exercises
#
# Put your answers in place of `...`. Solutions are folded.
#
# **1. Nobody looks ahead.** Take the logits at the first position of `.ab`, and their sum. To which
# rows of `wpe` does its gradient come? Give a list of positions.
#
# <details><summary>Solution 1</summary>
#
# ```python
# tokens = [alphabet.index(letter) for letter in ".ab"]
# for p in parameters(w):
#     p.grad = None
# sum(gpt(w, tokens)[0]).backward()
# print([[p.grad != 0 for p in row] for row in w["wpe"]])
# reached = [i for i, row in enumerate(w["wpe"]) if any(p.grad for p in row)]
# check("11.1", positions=reached)
# ```
#
# There is no way from a later position to an earlier answer, so no gradient flows.
#
# </details>

# %%
check("11.1", positions=...)

# %% [markdown]
# **2. Tied weights.** `wte` is used twice, at the beginning and at the end. Give the end a matrix
# of
# its own with the same numbers (`"head"`). Is the gradient of the tied matrix the `"sum"`, the
# `"mean"`
# or the `"product"` of the two?
#
# <details><summary>Solution 2</summary>
#
# ```python
# untied = w | {"head": [[Value(p.data) for p in row] for row in w["wte"]]}
# for p in parameters(untied):
#     p.grad = None
# surprise(untied, words[0]).backward()
# pairs = zip(parameters({"": untied["wte"]}), parameters({"": untied["head"]}), strict=True)
# total = [p.grad + q.grad for p, q in pairs]
# for p in parameters(w):
#     p.grad = None
# surprise(w, words[0]).backward()
# tied = np.allclose([p.grad for row in w["wte"] for p in row], total, rtol=1e-12, atol=1e-15)
# check("11.2", tied_is="sum" if tied else ...)
# ```
#
# What is used twice gets the sum of both gradients: the rule of notebook 1.
#
# </details>

# %%
check("11.2", tied_is=...)

# %% [markdown]
# **3. Temperature.** Dividing the logits by a temperature before the softmax makes the model
# bolder or
# more cautious. The logits are 2, 1 and 0, the temperature is 0.5. What are the probabilities? Then
# look at `write(seed, temperature=0.5)`.
#
# <details><summary>Solution 3</summary>
#
# ```python
# print([write(seed, temperature=0.5) for seed in range(8)])
# z = nn.predict(model, [[0] * 8])[0].reshape(8, 27)[0]
# usual, cold = (np.array(softmax((z / t).tolist())) for t in (1.0, 0.5))
# print(f"the likeliest first letter: {usual.max():.1%}, at temperature 0.5 {cold.max():.1%}")
# check("11.3", p=list(softmax([4.0, 2.0, 0.0])))
# ```
#
# The names become more ordinary. At a temperature near 0 there is only one left.
#
# </details>

# %%
check("11.3", p=[..., ..., ...])

# %% [markdown]
# **4. Attention by hand.** A position has the scores $s = (2, 0)$ for two positions, which say
# $v = (10, 20)$. What does it hear? What are the slopes of that by the two scores, and by the two
# values? And how much does the *first* position of any text listen to itself?
#
# <details><summary>Solution 4</summary>
#
# $p = (0.8808, 0.1192)$, so it hears $8.808 + 2.384 = 11.192$. By the values the slopes are $p$;
# by the
# scores $p_j (v_j - \text{heard})$. The first position sees nobody but itself.
#
# ```python
# p = softmax([2.0, 0.0])
# heard = 10 * p[0] + 20 * p[1]
# slopes = [p[0] * (10 - heard), p[1] * (20 - heard)]
# check("11.4", heard=heard, dheard_ds=slopes, dheard_dv=list(p), first_share=1)
#
# tokens = [alphabet.index(letter) for letter in ".ab"]
# normed = [norm(start(w, token, i)) for i, token in enumerate(tokens)]
# keys = [linear(w["wk"], a) for a in normed]
# values = [linear(w["wv"], a) for a in normed]
# for i, a in enumerate(normed):
#     _, shares = attend(linear(w["wq"], a), keys[: i + 1], values[: i + 1])
#     print(f"position {i}:", " ".join(f"{p.data:.2f}" for p in shares))
# ```
#
# The last lines show who listens to whom in the small model.
#
# </details>

# %%
check("11.4", heard=..., dheard_ds=[..., ...], dheard_dv=[..., ...], first_share=...)
