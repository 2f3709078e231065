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
# # Backpropagation by hand
#
# A neural network learns by asking, for each of its numbers: *if I make this number a little
# larger, what happens to the error?* The answer is a derivative. **Backpropagation** finds all
# these derivatives in one sweep.
#
# In this notebook you do it by hand for one small function, watch the engine do the same, and
# check both with numbers. Then you let a single weight learn.
#
# You need derivatives and the chain rule. A little Python is enough. The exercises at the end check
# your answers: `check` says what is wrong, at the second attempt also why, and then gives hints.

# %%
from autograd import Value, draw, exp, explain, sin
from course import check, plots

# %% [markdown]
# ## 1. A function of three numbers
#
# Our function is
#
# $$f(x, y, z) = (x + y)\, z \qquad\text{at}\qquad x = -2,\quad y = 5,\quad z = -4.$$
#
# Computing $f$ takes two steps. Give the result of the first step a name, $q$:
#
# $$q = x + y, \qquad f = q\, z.$$
#
# Going through the steps from the inputs to the result is the **forward pass**.

# %%
x, y, z = -2, 5, -4
q = x + y
f = q * z
print("q =", q)
print("f =", f)

# %% [markdown]
# ### Local derivatives
#
# Look at each step alone, as if nothing else existed. How fast does its result change when one of
# its inputs changes? These are the **local partial derivatives**:
#
# | step | local partial derivatives |
# |---|---|
# | $q = x + y$ | $\partial q / \partial x = 1$ and $\partial q / \partial y = 1$ |
# | $f = q\, z$ | $\partial f / \partial q = z = -4$ and $\partial f / \partial z = q = 3$ |
#
# Both rows need only school rules: a sum passes a change on as it is, a product multiplies it by
# the other factor.
#
# ### The chain rule
#
# How does $f$ change with $x$? A change of $x$ changes $q$, and the change of $q$ changes $f$.
# The two rates are multiplied:
#
# $$\frac{\partial f}{\partial x}
# = \frac{\partial f}{\partial q} \cdot \frac{\partial q}{\partial x}
# = -4 \cdot 1 = -4.$$
#
# Note the order: we know $\partial f / \partial q$ *before* we ask for $\partial f / \partial x$.
# We walk from the result back to the inputs. This is the **backward pass**.

# %%
df_df = 1  # where the backward pass starts
df_dq = df_df * z  # f = q z
df_dz = df_df * q
df_dx = df_dq * 1  # q = x + y
df_dy = df_dq * 1
print("df/dx =", df_dx, "  df/dy =", df_dy, "  df/dz =", df_dz)

# %% [markdown]
# Every line has the same form:
#
# > **what comes from above × local partial derivative**
#
# That is all there is to backpropagation. The three slopes together, $(-4, -4, 3)$, are the
# **gradient** of $f$.
#
# ## 2. The engine does the same
#
# A `Value` is a number that remembers how it was computed. We write the same two steps again.

# %%
x, y, z = Value(-2), Value(5), Value(-4)
q = x + y
f = q * z
print(f)
f.backward()
print("df/dx =", x.grad, "  df/dy =", y.grad, "  df/dz =", z.grad)

# %% [markdown]
# `data` is the number. `grad` is the slope of $f$ by this number; before `backward()`, which does
# the backward pass, it is 0. `op` is the operation that made it.
#
# The same three numbers as by hand. Here is what the engine recorded: the **computation graph**.
# Boxes are numbers, ovals are operations. (`names=locals()` tells the picture the names that we
# gave in Python.)

# %%
draw(f, names=locals(), partials=True, fmt="g")

# %% [markdown]
# Forward, read from left to right: `data`. Backward, from right to left: `grad`. The number at an
# arrow into an oval is the local partial derivative of that operation.
#
# Pick a box on the left and check it: its `grad` is the `grad` of the box on the right of the
# oval, times the number at the arrow.
#
# `explain` writes the same as formulas. Left is the forward pass, right the chain rule. Read it
# from top to bottom: the order of the backward pass.

# %%
explain(f, names=locals())

# %% [markdown]
# What does $\partial f / \partial x = -4$ *say*? If $x$ grows by a little, $f$ falls by four
# times as much. Try it:

# %%
before = (-2 + 5) * -4
after = (-2 + 0.01 + 5) * -4
print("x grows by 0.01, f changes by", round(after - before, 6))

# %% [markdown]
# ## 3. Checking a slope with numbers
#
# That little experiment is a general method. Take a step $h$ to both sides and divide the change
# by the way between the two points:
#
# $$g'(x) \approx \frac{g(x + h) - g(x - h)}{2h}.$$
#
# This is the **central difference**. It needs no rules for derivatives, so it makes a good judge.


# %%
def central_difference(g, x, h):
    """Slope of g at x from two points, h to the right and h to the left."""
    return (g(x + h) - g(x - h)) / (2 * h)


# %% [markdown]
# A test with a curved function, $g(x) = e^x \sin x$. The functions `exp` and `sin` of the package
# take plain numbers as well as `Value`s.


# %%
def g(x):
    """The function under test."""
    return exp(x) * sin(x)


u = Value(1.0)
g(u).backward()
print("backpropagation   ", u.grad)
print("central difference", central_difference(g, 1.0, h=0.001))

# %% [markdown]
# They agree in the first six digits. Would a smaller $h$ be better? And a tiny one better still?

# %%
steps = [10 ** (-k / 4) for k in range(2, 56)]
errors = [abs(central_difference(g, 1.0, h) - u.grad) for h in steps]
title = "Neither too large nor too tiny"
plots.lines({".: error": (steps, errors)}, "step h", "error", title, log="xy")

# %% [markdown]
# Read it from right to left:
#
# - **Large $h$**: the function bends between the two points. This error shrinks like $h^2$: a
#   step ten times smaller makes it a hundred times smaller.
# - **Tiny $h$**: a computer keeps about 16 digits. $g(x + h)$ and $g(x - h)$ agree in nearly all
#   of them, and subtracting leaves only the last, rounded ones. Dividing by the tiny $2h$ makes
#   that error large: it grows like $1/h$.
# - **Best** is in between, near $h = 10^{-5}$. Even there only about 11 digits are right.
#
# (`autograd.gradcheck` makes such comparisons for you, and chooses the step: notebook 8.)
#
# Backpropagation has neither error: there is no $h$ in it. And it gives *all* slopes in one
# sweep, while differences need two evaluations for each. A network has thousands of weights and
# needs the slope of every one.
#
# ## 4. A number that is used twice
#
# What if a number is used in two places? Take $b = a \cdot a + a$ at $a = 3$. The number $a$ is
# used three times.

# %%
a = Value(3)
p = a * a
b = p + a
b.backward()
draw(b, names=locals(), partials=True, fmt="g")

# %% [markdown]
# Three arrows leave $a$, so three answers come back to it. The engine **adds them up**. Why add?
#
# Go back to what a slope means. Let $b = s(u, v)$, and put $a$ in both places: $u = a$ and
# $v = a$. If $a$ grows by a small $h$, then $u$ grows by $h$, and $v$ grows by $h$. To first
# order,
#
# $$s(a + h,\, a + h) \;\approx\; s(a, a)
# + \frac{\partial s}{\partial u}\, h + \frac{\partial s}{\partial v}\, h.$$
#
# Subtract $s(a, a)$ and divide by $h$:
#
# $$\frac{db}{da} = \frac{\partial s}{\partial u} + \frac{\partial s}{\partial v}.$$
#
# Each place where $a$ is used makes its own part of the change. The change of $b$ is the sum of
# the parts.

# %%
explain(b, names=locals())

# %% [markdown]
# The last line: $1 + 3 + 3 = 7$. The school rule says the same: the derivative of $a^2 + a$ is
# $2a + 1 = 7$.
#
# Adding up has one consequence to remember. Gradients of inputs also add up from one `backward()`
# to the next. Before a new pass, set them back to 0.

# %%
b.backward()
print("after a second backward():", a.grad)
a.grad = 0.0
b.backward()
print("set to 0 before:          ", a.grad)

# %% [markdown]
# ## 5. The order matters
#
# Backpropagation goes from the result to the inputs. Is any way back good enough? Here is a graph
# of two additions that finds out.

# %%
a = Value(1)
b = a + a
c = b + b
c.backward()
draw(c, names=locals(), partials=True, fmt="g")

# %% [markdown]
# $c = 2b = 4a$, so $dc/da = 4$. The picture says so, too.
#
# Now let us do the backward pass naively: *whenever something arrives at a number, pass it on at
# once*. Each `Value` has its inputs in `parents` and the local derivatives in `partials`, so this
# takes a few lines. The dictionary `grads` holds what has arrived at each number so far
# (`grads.get(parent, 0.0)` is 0 where nothing has).


# %%
def pass_on_at_once(node, grads):
    """A WRONG backward pass: it does not wait."""
    for parent, partial in zip(node.parents, node.partials, strict=True):
        grads[parent] = grads.get(parent, 0.0) + grads[node] * partial
        pass_on_at_once(parent, grads)


grads = {c: 1.0}
pass_on_at_once(c, grads)
print("passed on at once: dc/da =", grads[a])
print("engine:            dc/da =", a.grad)

# %% [markdown]
# **6 instead of 4.** What went wrong?
#
# 1. The first arrow from $c$ brings 1 to $b$. At once, $b$ passes on 1 twice: $a$ has 2.
# 2. The second arrow brings another 1. Now $b$ has 2, and passes on **2** twice: $a$ has
#    $2 + 4 = 6$.
#
# The first 1 was passed on two times, once alone and once as a part of the 2.
#
# Would it help to let each number pass on only once?


# %%
def pass_on_once(node, grads, done):
    """WRONG, too: it passes on only once, but too early."""
    done.add(node)
    for parent, partial in zip(node.parents, node.partials, strict=True):
        grads[parent] = grads.get(parent, 0.0) + grads[node] * partial
        if parent not in done:
            pass_on_once(parent, grads, done)


grads = {c: 1.0}
pass_on_once(c, grads, set())
print("passed on once, too early: dc/da =", grads[a])

# %% [markdown]
# **2 instead of 4.** Now $b$ has passed on its first 1, and the second 1 came too late.
#
# So the rule is: a number may pass on its gradient **only when everything it will ever get has
# arrived**. All operations that *use* a number must have their turn before it.
#
# A list in which each number stands after all its inputs is in **topological order**. The forward
# pass made the numbers in such an order. The backward pass walks it backwards: here $c$, then
# $b$, then $a$.

# %%
explain(c, names=locals())

# %% [markdown]
# Each line needs only slopes from the lines above it. That is what the order is for.
#
# It is easy to overlook this mistake. Our first function, $(x + y)\, z$, uses everything once,
# and there even the naive pass is right:

# %%
grads = {f: 1.0}
pass_on_at_once(f, grads)
print("df/dx =", grads[x], "  df/dy =", grads[y], "  df/dz =", grads[z])

# %% [markdown]
# In a neural network most neurons feed several others. There the order decides between right and
# wrong.
#
# ## 6. One weight learns
#
# The smallest network there is: one weight $W$, and
#
# $$\text{output} = W \cdot \text{input}.$$
#
# It is to learn this table from examples:
#
# | input | desired output |
# |---|---|
# | 0 | 0 |
# | 1 | 2 |
# | 2 | 4 |
#
# You see that $W = 2$ would do. The network does not. It starts somewhere, say at $W = 3$.

# %%
examples = [(0, 0), (1, 2), (2, 4)]
for weight in (3, 4, 2):
    outputs = [weight * x for x, _ in examples]
    absolute = [abs(weight * x - wanted) for x, wanted in examples]
    squared = [(weight * x - wanted) ** 2 for x, wanted in examples]
    print(f"W = {weight}: outputs {outputs}   absolute errors {absolute}   squared {squared}")

# %% [markdown]
# With $W = 3$ the squared errors add up to 5, with $W = 4$ to 20. A weight further away gives a
# larger error, and squaring makes large errors count more. With $W = 2$ there is no error.
#
# The sum of the squared errors is our measure. We call it $E$. It is a function of the weight.


# %%
def error(W):
    """Sum of the squared errors on the three examples."""
    return (W * 0 - 0) ** 2 + (W * 1 - 2) ** 2 + (W * 2 - 4) ** 2


curve = [i / 50 for i in range(0, 201)]
points = [2, 3, 4]
curves = {
    "error": (curve, [*map(error, curve)]),
    "o: at 2, 3 and 4": (points, [*map(error, points)]),
}
plots.lines(curves, "weight W", "error E", "The error curve")

# %% [markdown]
# To learn is to walk downhill on this curve. But standing at $W = 3$, which way is down? We need
# the slope. The function `error` takes a `Value` as well as a number, so the engine can tell.

# %%
W = Value(3, "W")
E = error(W)
E.backward()
print("error", E.data, "  slope", W.grad)
explain(E, names=locals(), fold=True)

# %% [markdown]
# (`fold=True` writes unnamed steps out where they are used, so that only $E$ and $W$ get a line.)
#
# $W$ is used in all three examples, and their parts add up, as in section 4. The first example,
# with input 0, adds nothing: there the weight does not matter.
#
# ### The sign says which way
#
# The slope at 3 is $+10$: a larger $W$ means a larger error. So go the *other* way, to the left.
# And at $W = 1$?

# %%
for start in (3, 2, 1):
    W = Value(start, "W")
    error(W).backward()
    print(f"W = {start}: slope {W.grad:5.1f}")

# %% [markdown]
# - **Positive** slope: make $W$ smaller.
# - **Negative** slope: make $W$ larger.
# - **Zero**: stay. The error does not fall any further.
#
# One line does all three: $W \leftarrow W - \eta \, \dfrac{dE}{dW}$. The small factor $\eta$ (say
# "eta") is the **learning rate**. Repeating this step is **gradient descent**.

# %%
W = Value(3, "W")
walk = [W.data]
for _step in range(25):
    W.grad = 0.0  # forget the old slope
    E = error(W)  # forward pass
    E.backward()  # backward pass
    W.data -= 0.02 * W.grad  # a small step downhill
    walk.append(W.data)

print([round(w, 3) for w in walk[:8]], "...", round(walk[-1], 3))
curves = {"error": curves["error"], "o: the walk from 3 to 2": (walk, [*map(error, walk)])}
plots.lines(curves, "weight W", "error E", grey="error", xlim=(1, 3.2), ylim=(-0.3, 6))

# %% [markdown]
# The steps become shorter by themselves: near the bottom the slope is small, and each step is
# proportional to the slope. The walk stops where the error stops falling, at $W = 2$.
#
# Nobody told the network that the rule is "times two". It found out from three examples and the
# sign of a slope. Larger networks learn in the same way, with more weights.
#
# Next: [build `Value` yourself](02_build_value_yourself.ipynb), in 60 lines.
#
# ## Exercises
#
# Try first: pencil and paper, then the engine. Put your answers in place of `...` and run the cell.
# Solutions are folded.
#
# **1. Two sums.** Let $f = (x + y)(y + z)$ at $x = 1$, $y = 2$, $z = 3$. Find all three slopes by
# hand. Which number (`"x"`, `"y"` or `"z"`) is used twice?
#
# <details><summary>Solution 1</summary>
#
# With $p = x + y = 3$ and $r = y + z = 5$ we have $f = p\, r$, so $\partial f/\partial p = r = 5$
# and $\partial f/\partial r = p = 3$. Then $\partial f/\partial x = 5$ and
# $\partial f/\partial z = 3$. The number $y$ is used twice: $\partial f/\partial y = 5 + 3 = 8$.
#
# ```python
# check("01.1", df_dx=5, df_dy=8, df_dz=3, used_twice="y")
# ```
#
# </details>

# %%
check("01.1", df_dx=..., df_dy=..., df_dz=..., used_twice=...)

# %% [markdown]
# **2. A large step.** Compute the three slopes of $(x + y)\, z$ at $x = -2$, $y = 5$, $z = -4$ by
# central differences with $h = 1$. They are exact! Is that because $f$, seen from any one of its
# inputs, is a straight line (`True`), or by luck (`False`)?
#
# <details><summary>Solution 2</summary>
#
# A straight line does not bend, so a large $h$ does no harm.
#
# ```python
# by_x = central_difference(lambda x: (x + 5) * -4, -2, 1)
# by_y = central_difference(lambda y: (-2 + y) * -4, 5, 1)
# by_z = central_difference(lambda z: (-2 + 5) * z, -4, 1)
# check("01.2", by_x=by_x, by_y=by_y, by_z=by_z, a_straight_line=True)
# ```
#
# </details>

# %%
check("01.2", by_x=..., by_y=..., by_z=..., a_straight_line=...)

# %% [markdown]
# **3. Twice twice.** Let $b = a + a$ and $c = b \cdot b + b$ at $a = 1$. What is $dc/da$? And what
# does `pass_on_at_once` say?
#
# <details><summary>Solution 3</summary>
#
# $dc/db = 2b + 1 = 5$ and $db/da = 2$, so $dc/da = 10$. Passing on at once gives 22.
#
# ```python
# a = Value(1)
# b = a + a
# c = b * b + b
# grads = {c: 1.0}
# pass_on_at_once(c, grads)
# check("01.3", dc_da=10, passed_on_at_once=grads[a])
# ```
#
# </details>

# %%
check("01.3", dc_da=..., passed_on_at_once=...)

# %% [markdown]
# **4. The right backward pass.** Write it: first a list in topological order, then a walk through
# it backwards. Return a dictionary with the gradient of each node.
#
# <details><summary>Solution 4</summary>
#
# A number goes into the list after its inputs. That makes the order topological.
#
# ```python
# def put_in_order(node, order):
#     if node not in order:
#         for parent in node.parents:
#             put_in_order(parent, order)
#         order.append(node)
#
#
# def backward_pass(root):
#     order = []
#     put_in_order(root, order)
#     grads = dict.fromkeys(order, 0.0)
#     grads[root] = 1.0
#     for node in reversed(order):
#         for parent, partial in zip(node.parents, node.partials, strict=True):
#             grads[parent] += grads[node] * partial
#     return grads
#
#
# check("01.4", backward_pass=backward_pass)
# ```
#
# (`node not in order` compares numbers, and so may find another node that happens to be equal.
# Here none is. The engine, and notebook 2, remember in a dictionary or set what was visited.)
#
# </details>


# %%
def backward_pass(root): ...


check("01.4", backward_pass=backward_pass)

# %% [markdown]
# **5. Along all paths.** One can repair `pass_on_at_once` in another way: pass on only *what has
# just arrived*, not all that has arrived so far. Write `along_all_paths(node, arrived, grads)`,
# which adds `arrived` to the node's entry in `grads`, goes on to its parents, and returns how often
# it was called. What is that number for a chain of 15 doublings, `c = c + c`?
#
# <details><summary>Solution 5</summary>
#
# It is right, because it adds up over all *paths* from the result to the input. But each doubling
# doubles the number of paths. Thirty doublings would take two billion calls; the topological
# order takes one step for each arrow, which is 60.
#
# ```python
# def along_all_paths(node, arrived, grads):
#     grads[node] = grads.get(node, 0.0) + arrived
#     calls = 1
#     for parent, partial in zip(node.parents, node.partials, strict=True):
#         calls += along_all_paths(parent, arrived * partial, grads)
#     return calls
#
#
# c = Value(1)
# for _ in range(15):
#     c = c + c
# calls = along_all_paths(c, 1.0, {})
# check("01.5", along_all_paths=along_all_paths, calls_for_15_doublings=calls)
# ```
#
# </details>


# %%
def along_all_paths(node, arrived, grads): ...


check("01.5", along_all_paths=along_all_paths, calls_for_15_doublings=...)

# %% [markdown]
# **6. Learning rates.** Show that $E = 5\,(W - 2)^2$. By which factor does a step change $W - 2$,
# at the learning rates 0.02, 0.1, 0.19 and 0.21? Above which rate does the walk never arrive?
#
# <details><summary>Solution 6</summary>
#
# $E = (W - 2)^2 (0^2 + 1^2 + 2^2)$, so the slope is $10\,(W - 2)$, and a step turns $W - 2$ into
# $(1 - 10\,\eta)(W - 2)$. At 0.02 the factor is 0.8: a calm walk. At 0.1 it is 0: one step, and it
# is there. At 0.19 it is $-0.9$: it jumps from side to side, and comes closer. At 0.21 it is
# $-1.1$: each jump is longer than the last.
#
# ```python
# rates = (0.02, 0.1, 0.19, 0.21)
# for rate in rates:
#     W = Value(3)
#     for _ in range(25):
#         W.grad = 0.0
#         error(W).backward()
#         W.data -= rate * W.grad
#     print(f"learning rate {rate}: after 25 steps W = {W.data:.4f}")
# check("01.6", factors=[1 - 10 * rate for rate in rates], diverges_above=0.2)
# ```
#
# </details>

# %%
check("01.6", factors=[..., ..., ..., ...], diverges_above=...)
