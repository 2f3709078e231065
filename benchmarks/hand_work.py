"""Backpropagation as a student does it, in plain floats and formulas, with mistakes to be planted.

Each network is worked out line by line; a line lists what other numbers a mistake would put there,
by the name of the mistake. Nothing here looks at the package: neither at the recorded graph nor at
the catalogue.
"""

import math
from functools import partial

import autograd
from autograd import Value

paired = partial(zip, strict=True)


class Sheet:
    """A sheet of paper: `line(name, number, mistake=number, ...)` writes one line.

    Where `slip` is (name, mistake), the line gets the mistaken number, and what follows uses it;
    `choices` lists all mistakes that could be made. `digits` are kept at each step.
    """

    def __init__(self, slip=None, digits=None):
        self.slip, self.digits = slip, digits
        self.numbers, self.choices = {}, []

    def keep(self, x):
        """Return the number as it is written down."""
        return float(f"{x:.{self.digits}g}") if self.digits else x

    def line(self, name, number, **mistakes):
        """Write one line and return its number, or that of the mistake which is planted there."""
        mistakes["sign of the whole"] = -number
        mistakes["factor 2"] = 2 * number
        mistakes["factor ½"] = number / 2
        for mistake, other in mistakes.items():
            if abs(other - number) > 0.02 * abs(number):
                self.choices.append((name, mistake))
                if self.slip == (name, mistake):
                    number = other
        self.numbers[name] = self.keep(number)
        return self.numbers[name]


def sigmoid(x):
    """The logistic function."""
    return 1 / (1 + math.exp(-x))


def xyz(sheet, p):
    """f = (x + y) z."""
    x, y, z = p["x"], p["y"], p["z"]
    q = sheet.keep(x + y)
    gq = sheet.line("q", z, **{"own factor": q, "local derivative left out": 1})
    sheet.line("z", q, **{"own factor": z, "local derivative left out": 1, "f for f'": q * z})
    sheet.line("x", gq, **{"upstream left out": 1, "x for f'": gq * x, "f for f'": gq * q})
    sheet.line("y", gq, **{"upstream left out": 1, "f for f'": gq * q})


def two_paths(sheet, p):
    """u = x y, v = u**2, w = exp(u), f = v x + w z: two ways to u, two to x."""
    x, y, z = p["x"], p["y"], p["z"]
    k = sheet.keep
    u = k(x * y)
    v, w = k(u * u), k(math.exp(u))
    gv = sheet.line("v", x, **{"own factor": v})
    gw = sheet.line("w", z, **{"own factor": w})
    sheet.line("z", w, **{"own factor": z, "local derivative left out": 1})
    a, b = k(gv * k(2 * u)), k(gw * w)
    gu = sheet.line(
        "u",
        a + b,
        **{
            "use not added": a,
            "use not added ": b,
            "mean of uses": (a + b) / 2,
            "product of uses": a * b,
            "power not lowered": gv * 2 * u * u + b,
            "exponent's factor missing": gv * u + b,
            "rule of powers for exp": a + gw * u * math.exp(u - 1),
            "sign": a - b,
            "upstream left out": 2 * u + b,
            "upstream left out ": a + w,
            "f for f'": gv * v + b,
            "local derivative left out": gv + b,
            "divided by f'": a + gw / w,
            "derivative twice": a + gw * w * w,
        },
    )
    direct, through = v, k(gu * y)
    sheet.line(
        "x",
        direct + through,
        **{
            "use not added": direct,
            "use not added ": through,
            "mean of uses": (direct + through) / 2,
            "product of uses": direct * through,
            "own factor": direct + gu * x,
            "local derivative left out": direct + gu,
            "sign": direct - through,
            "upstream left out": direct + y,
        },
    )
    twice = {"counted twice": (gu + a) * x}  # u handed a on, and then a + b
    sheet.line("y", gu * x, **twice, **{"own factor": gu * y, "upstream left out": x})


def dense(sheet, p, activation):
    """Layers of sums of products: hidden units with an activation, outputs, E = sum ½ (t - o)²."""
    k = sheet.keep
    x, t = p["x"], p["t"]
    W, B, V, C = p["W"], p["B"], p["V"], p["C"]
    f, slope, wrong_slopes = ACTIVATIONS[activation]
    net_h = [k(k(math.fsum(k(w * i) for w, i in paired(row, x))) + b) for row, b in paired(W, B)]
    h = [k(f(s)) for s in net_h]
    net_o = [k(k(math.fsum(k(w * i) for w, i in paired(row, h))) + c) for row, c in paired(V, C)]
    o = [k(f(s)) if p["squashed"] else s for s in net_o]
    delta, hidden = [], []
    for j in range(len(o)):
        e = sheet.line(
            f"o{j}" if p["squashed"] else f"net_o{j}",
            o[j] - t[j],
            **{
                "constant factor left out": 2 * (o[j] - t[j]),
                "exponent's factor missing": (o[j] - t[j]) / 2,
            },
        )
        if p["squashed"]:
            e = sheet.line(
                f"net_o{j}", e * k(slope(net_o[j], o[j])), **slips(e, net_o[j], o[j], wrong_slopes)
            )
        delta.append(e)
        for i in range(len(h)):
            near = h[(i + 1) % len(h)]
            sheet.line(
                f"V{j}{i}",
                e * h[i],
                **{
                    "own factor": e * V[j][i],
                    "a neighbour's factor": e * near,
                    "upstream left out": h[i],
                    "local derivative left out": e,
                    "learning rate inside": 0.1 * e * h[i],
                    "update for gradient": V[j][i] - 0.5 * e * h[i],
                },
            )
        if not p["shared"]:
            sheet.line(
                f"C{j}",
                e,
                **{
                    "bias taken for a constant": 0.0,
                    "input for a bias": e * h[0],
                    "own factor": e * C[j],
                },
            )
    for i in range(len(h)):
        parts = [k(delta[j] * V[j][i]) for j in range(len(o))]
        new = [V[j][i] - 0.5 * delta[j] * h[i] for j in range(len(o))]
        mistakes = {
            "use not added": parts[0],
            "mean of uses": sum(parts) / len(parts),
            "product of uses": math.prod(parts),
            "a neighbour's factor": parts[1] + delta[0] * V[0][(i + 1) % len(h)],
            "updated weights": sum(d * w for d, w in paired(delta, new)),
            "own factor": parts[1] + delta[0] * h[i],
            "upstream left out": sum(V[j][i] for j in range(len(o))),
            "sign": parts[0] - sum(parts[1:]),
        }
        if len(h) == len(o):
            mistakes["w_ij for w_ji"] = sum(delta[j] * V[i][j] for j in range(len(o)))
        e = sheet.line(f"h{i}", math.fsum(parts), **mistakes)
        e = sheet.line(
            f"net_h{i}", e * k(slope(net_h[i], h[i])), **slips(e, net_h[i], h[i], wrong_slopes)
        )
        for n in range(len(x)):
            sheet.line(
                f"W{i}{n}",
                e * x[n],
                **{
                    "own factor": e * W[i][n],
                    "a neighbour's factor": e * x[(n + 1) % len(x)],
                    "upstream left out": x[n],
                    "local derivative left out": e,
                    "learning rate inside": 0.1 * e * x[n],
                    "update for gradient": W[i][n] - 0.5 * e * x[n],
                },
            )
        hidden.append(e)
        if not p["shared"]:
            sheet.line(
                f"B{i}",
                e,
                **{
                    "bias taken for a constant": 0.0,
                    "input for a bias": e * x[0],
                    "own factor": e * B[i],
                },
            )
    for name, signals in (("b2", delta), ("b1", hidden)) if p["shared"] else ():
        mistakes = {"bias taken for a constant": 0.0, "use not added": signals[0]}
        mistakes["mean of uses"] = sum(signals) / len(signals)
        sheet.line(name, sum(signals), **mistakes)


def slips(e, s, y, wrong):
    """What mistakes with an activation make of an error signal."""
    found = {name: e * slope(s, y) for name, slope in wrong.items()}
    return {**found, "local derivative left out": e, "f for f'": e * y, "x for f'": e * s}


ACTIVATIONS = {
    "sigmoid": (
        sigmoid,
        lambda s, y: y * (1 - y),
        {
            "1 - σ for σ'": lambda s, y: 1 - y,
            "formula of the result at the input": lambda s, y: s * (1 - s),
            "derivative at the output": lambda s, y: sigmoid(y) * (1 - sigmoid(y)),
            "derivative of the other function": lambda s, y: 1 - y * y,
            "derivative twice": lambda s, y: (y * (1 - y)) ** 2,
            "divided by f'": lambda s, y: 1 / (y * (1 - y)),
            "sign": lambda s, y: -y * (1 - y),
        },
    ),
    "tanh": (
        math.tanh,
        lambda s, y: 1 - y * y,
        {
            "no square in 1 - tanh²": lambda s, y: 1 - y,
            "formula of the result at the input": lambda s, y: 1 - s * s,
            "derivative at the output": lambda s, y: 1 - math.tanh(y) ** 2,
            "derivative of the other function": lambda s, y: y * (1 - y),
            "derivative twice": lambda s, y: (1 - y * y) ** 2,
            "divided by f'": lambda s, y: 1 / (1 - y * y),
            "sign": lambda s, y: -(1 - y * y),
        },
    ),
}


def classifier(sheet, p):
    """Softmax over three sums of products, and cross-entropy."""
    k = sheet.keep
    x, W, B, c = p["x"], p["W"], p["B"], p["c"]
    logits = [k(k(math.fsum(k(w * i) for w, i in paired(row, x))) + b) for row, b in paired(W, B)]
    e = [k(math.exp(s)) for s in logits]
    total = k(sum(e))
    for j in range(3):
        p_j, y = k(e[j] / total), float(j == c)
        mistakes = {"p for p - y": p_j} if y else {"learning rate inside": 0.1 * p_j}
        g = sheet.line(f"l{j}", p_j - y, **mistakes)
        for i in range(len(x)):
            sheet.line(
                f"W{j}{i}",
                g * x[i],
                **{
                    "own factor": g * W[j][i],
                    "a neighbour's factor": g * x[(i + 1) % len(x)],
                    "upstream left out": x[i],
                    "local derivative left out": g,
                    "learning rate inside": 0.1 * g * x[i],
                    "update for gradient": W[j][i] - 0.5 * g * x[i],
                },
            )
        sheet.line(
            f"B{j}",
            g,
            **{
                "bias taken for a constant": 0.0,
                "input for a bias": g * x[0],
                "own factor": g * B[j],
            },
        )


def drawn(name, rng):
    """Draw numbers; return the expression as a graph, its Values by name, and its sheet."""

    def number(low=0.3, high=1.4):
        return round(rng.choice((-1, 1)) * rng.uniform(low, high), 2)

    if name == "(x + y) z":
        p = {k: round(number(1, 9), 1) for k in "xyz"}
        v = {k: Value(x) for k, x in p.items()}
        q = v["x"] + v["y"]
        return q * v["z"], {**v, "q": q}, p, xyz
    if name == "two paths":
        p = {k: number() for k in "xyz"}
        v = {k: Value(x) for k, x in p.items()}
        u = v["x"] * v["y"]
        vs, w = u**2, autograd.exp(u)
        return vs * v["x"] + w * v["z"], {**v, "u": u, "v": vs, "w": w}, p, two_paths
    mazur, soft = name == "Mazur", name == "softmax"
    a, b, c = (2, 2, 2) if mazur else (3, 4, 2)
    rows = 3 if soft else b
    p = {
        "x": [number(0.05, 0.9) for _ in range(a)],
        "W": [[number() for _ in range(a)] for _ in range(rows)],
        "B": [number() for _ in range(rows)],
        "c": rng.randrange(3),
        "shared": mazur,
        "squashed": mazur,
    }
    if mazur:
        p["B"] = [p["B"][0]] * b
    x = [Value(i) for i in p["x"]]
    W = [[Value(w) for w in row] for row in p["W"]]
    B = [Value(p["B"][0])] * b if mazur else [Value(i) for i in p["B"]]
    names = {f"W{i}{j}": w for i, row in enumerate(W) for j, w in enumerate(row)}
    names |= {"b1": B[0]} if mazur else {f"B{i}": w for i, w in enumerate(B)}
    names |= {f"x{i}": w for i, w in enumerate(x)}
    net = [sum(w * i for w, i in paired(row, x)) + b for row, b in paired(W, B)]
    if soft:
        names |= {f"l{i}": s for i, s in enumerate(net)}
        written = autograd.logsumexp(net) - net[p["c"]] if rng.random() < 0.5 else None
        if written is None:
            e = [autograd.exp(s) for s in net]
            written = -autograd.log(e[p["c"]] / sum(e))
        return written, names, p, classifier
    p["V"] = [[number() for _ in range(b)] for _ in range(c)]
    p["C"] = [number() for _ in range(c)]
    p["t"] = [number() for _ in range(c)]
    if mazur:
        p["C"] = [p["C"][0]] * c
    V = [[Value(w) for w in row] for row in p["V"]]
    C = [Value(p["C"][0])] * c if mazur else [Value(i) for i in p["C"]]
    f = autograd.sigmoid if mazur else autograd.tanh
    h = [f(s) for s in net]
    net_o = [autograd.dot(row, h) + k for row, k in paired(V, C)]
    o = [autograd.sigmoid(s) for s in net_o] if mazur else net_o
    names |= {f"V{i}{j}": w for i, row in enumerate(V) for j, w in enumerate(row)}
    names |= {"b2": C[0]} if mazur else {f"C{i}": w for i, w in enumerate(C)}
    names |= {f"net_h{i}": s for i, s in enumerate(net)} | {f"h{i}": s for i, s in enumerate(h)}
    names |= {f"net_o{i}": s for i, s in enumerate(net_o)}
    names |= {f"o{i}": s for i, s in enumerate(o)} if mazur else {}
    root = sum(0.5 * (t - y) ** 2 for t, y in paired(p["t"], o))
    activation = "sigmoid" if mazur else "tanh"
    return root, names, p, lambda sheet, p: dense(sheet, p, activation)


NETWORKS = "(x + y) z", "two paths", "Mazur", "softmax", "tanh 3-4-2"
