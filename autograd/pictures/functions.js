// What rows of the table need beside JavaScript's Math. Python writes VALUES, PARTIALS and RULES, of
// the rows that the page uses, below this file. Where JavaScript and IEEE 754's recommended
// operations differ (a power of 1), IEEE wins.
function power(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}

// Python's % and //: the remainder has the sign of the divisor.
function remainder(x, y) {
  const rest = x % y;
  return rest === 0 ? (y < 0 ? -0 : 0) : rest < 0 !== y < 0 ? rest + y : rest;
}

function floorDivide(x, y) {
  if (y === 0) return x / y;
  const rest = x % y;
  const quotient = (x - rest) / y - (rest !== 0 && rest < 0 !== y < 0 ? 1 : 0);
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

function dotProduct(...ab) {
  const half = ab.length / 2;
  let total = 0;
  for (let i = 0; i < half; i++) total += ab[i] * ab[half + i];
  return total;
}

// erf(x) = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!! up to 3 (Abramowitz and Stegun 7.1.6);
// beyond, 1 - erfc(x) by the continued fraction 7.1.14, evaluated from its end.
function errorFunction(x) {
  const a = Math.abs(x);
  if (!(a <= 6)) return Number.isNaN(a) ? a : Math.sign(x);
  const front = Math.exp(-a * a) / Math.sqrt(Math.PI);
  if (a < 3) {
    let term = x,
      sum = x;
    for (let n = 1; term !== 0 && Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 2 * front * sum;
  }
  let fraction = a;
  for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - front / fraction);
}

function logSumExp(...xs) {
  let largest = 0;
  for (let i = 1; i < xs.length; i++) if (xs[i] > xs[largest]) largest = i;
  if (xs.some(Number.isNaN)) return NaN;
  if (Math.abs(xs[largest]) === Infinity) return xs[largest];
  let rest = 0;
  xs.forEach((x, i) => {
    if (i !== largest) rest += Math.exp(x - xs[largest]);
  });
  return xs[largest] + Math.log1p(rest);
}
