// Colours, marks and elements. Text is set as text: no name becomes markup.

/** @param {string} tag @param {Record<string, any>} properties @param {...(Node | string)} children
 * @returns {any} */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") made.textContent = value;
    else if (name in made) /** @type {any} */ (made)[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** The element of an id, of which the page has one. @returns {any} */
const the = (/** @type {string} */ id) => document.getElementById(id);

/** Set a text where it has changed: what stays the same is not read out again. */
function setText(/** @type {any} */ where, /** @type {string} */ text) {
  if (where.textContent !== text) where.textContent = text;
}

// Classes by colours that can be told apart with any eyes (after Okabe and Ito 2008) and have a
// contrast of 3 to white and to black, and by their marks.
const COLOURS = [
  [213, 94, 0],
  [0, 110, 205],
  [0, 135, 100],
  [196, 90, 148],
  [120, 120, 120],
  [105, 90, 205],
  [160, 128, 0],
  [40, 140, 200],
  [175, 70, 55],
  [84, 133, 20],
];
const colourOf = (/** @type {number} */ i) => COLOURS[i % COLOURS.length];
const css = (/** @type {number[]} */ rgb) => `rgb(${rgb.join(" ")})`;

// Corners of each mark, and how far it is turned; a circle has none.
const MARKS = [
  [0, 0],
  [4, 0.25],
  [3, 0],
  [4, 0],
  [5, 0],
  [6, 0],
  [3, 0.5],
  [8, 0],
  [7, 0],
  [9, 0],
];

/** A mark for a class around a point, filled or hollow. */
function mark(
  /** @type {CanvasPath & CanvasDrawPath} */ pen,
  /** @type {number} */ i,
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {number} */ r,
) {
  pen.beginPath();
  const [corners, turn] = MARKS[i % MARKS.length];
  if (!corners) pen.arc(x, y, r, 0, 2 * Math.PI);
  for (let k = 0; k < corners; k++) {
    const angle = 2 * Math.PI * ((k + turn * 2) / corners) - Math.PI / 2;
    pen.lineTo(x + 1.2 * r * Math.cos(angle), y + 1.2 * r * Math.sin(angle));
  }
  pen.closePath();
}

/** Paint one pixel: a colour, as far as `part` from 0 to 1 says. */
function paintPixel(
  /** @type {Uint8ClampedArray} */ pixels,
  /** @type {number} */ at,
  /** @type {number[]} */ rgb,
  /** @type {number} */ part,
) {
  pixels[4 * at] = rgb[0];
  pixels[4 * at + 1] = rgb[1];
  pixels[4 * at + 2] = rgb[2];
  pixels[4 * at + 3] = 255 * part;
}

/** Blue for positive, orange for negative: for weights and neurons. */
const signOf = (/** @type {number} */ x) => COLOURS[x < 0 ? 0 : 1];

/** @type {Map<string, string>} */
const styles = new Map();

/** A colour of the style sheet. */
function styled(/** @type {string} */ name) {
  let found = styles.get(name);
  if (found === undefined) {
    found = getComputedStyle(document.body).getPropertyValue(name);
    styles.set(name, found);
  }
  return found;
}

/** Give a canvas the pixels of its place on the screen; returns its size in pixels of the page. */
function fit(/** @type {HTMLCanvasElement} */ canvas) {
  const ratio = Math.min(3, devicePixelRatio || 1);
  const [width, height] = [canvas.clientWidth || 340, canvas.clientHeight || 130];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.getContext("2d")?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return [width, height];
}
