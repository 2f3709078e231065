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

// Classes by colours that can be told apart with any eyes (Okabe and Ito 2008), and by their marks.
const COLOURS = [
  [230, 120, 0],
  [0, 100, 190],
  [0, 140, 100],
  [200, 90, 150],
  [120, 120, 120],
  [80, 60, 170],
  [190, 150, 0],
  [60, 160, 220],
  [150, 50, 40],
  [90, 140, 20],
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
  /** @type {CanvasRenderingContext2D} */ pen,
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

/** Blue for positive, orange for negative, paler towards 0: for weights and neurons. */
function signed(/** @type {number} */ x, /** @type {number} */ scale) {
  const part = Math.min(1, Math.abs(x) / (scale || 1));
  const [r, g, b] = x < 0 ? COLOURS[0] : COLOURS[1];
  return [r, g, b, Math.round(255 * part)];
}

/** A colour of the style sheet. */
const styled = (/** @type {string} */ name) =>
  getComputedStyle(document.body).getPropertyValue(name);
