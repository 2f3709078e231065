"""Networks of the source documents, written out in Values."""

from autograd import Value


def mazur():
    i1, i2 = Value(0.05), Value(0.10)
    weights = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
    w1, w2, w3, w4, w5, w6, w7, w8 = (Value(w, f"w{i + 1}") for i, w in enumerate(weights))
    b1, b2 = Value(0.35), Value(0.60)
    net_h1 = w1 * i1 + w2 * i2 + b1
    net_h2 = w3 * i1 + w4 * i2 + b1
    out_h1, out_h2 = net_h1.sigmoid(), net_h2.sigmoid()
    net_o1 = w5 * out_h1 + w6 * out_h2 + b2
    net_o2 = w7 * out_h1 + w8 * out_h2 + b2
    out_o1, out_o2 = net_o1.sigmoid(), net_o2.sigmoid()
    E_o1, E_o2 = 0.5 * (0.01 - out_o1) ** 2, 0.5 * (0.99 - out_o2) ** 2
    E = E_o1 + E_o2
    return E, locals()
