// Numbers as they are read, by the rule of autograd/words/numbers.py.
function shown(x) {
  if (x === null) return "–";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const whole = Math.round(x),
    rounded = x.toPrecision(5),
    size = Math.abs(rounded);
  if (Math.abs(x) < 1e9 && Math.abs(x - whole) <= 1e-12 * Math.abs(x)) return String(whole);
  if (size >= 1e5 && Math.abs(x) < 1e7) return x.toFixed(0);
  if (size >= 1e5 || size < 1e-4)
    return x
      .toExponential(4)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return Number.isInteger(Number(rounded)) ? rounded : String(Number(rounded));
}
