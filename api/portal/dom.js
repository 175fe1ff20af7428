// Elements from data. Text goes in as text: nothing in the portal parses a string as HTML, and the page's policy forbids it.

/** An element with attributes, listeners (`onclick`) and children; a child that is null or false is left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...present(children));
  return element;
}

/** Puts these in the place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

function present(children) {
  return children.flat(2).filter((child) => child !== undefined && child !== null && child !== false);
}

/** Tells who cannot see it what has just happened. */
export function say(text) {
  document.getElementById("said").textContent = text;
}
