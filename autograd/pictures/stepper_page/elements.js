// Elements are made by these, and text is set as text: no name becomes markup.
/** @returns {any} */
const byId = (id) => document.getElementById(id);

function filled(made, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (key === "text") made.textContent = value;
    else if (value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function element(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

function drawn(tag, properties = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

const line = (text, properties = {}) => element("p", { text, ...properties });

function button(text, action, properties = {}) {
  const made = element("button", { type: "button", text, ...properties });
  made.addEventListener("click", action);
  return made;
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
