// Elements from words: h("button.key", {type: "button", onclick}, "1"). Text is always text.

const SVG = "http://www.w3.org/2000/svg";

export function h(name, props = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  return fill(element, props, children);
}

export function svg(name, props = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElementNS(SVG, tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  return fill(element, props, children);
}

function fill(element, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "htmlFor") element[key] = value;
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, value);
    }
  }
  element.append(...children.flat(9).filter((child) => child || child === 0));
  return element;
}

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

// Keep the rows of a list in step with the data, without touching what did not change: a person
// may be reading, selecting or pressing there.
export function keep(parent, items, key, draw) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const state = JSON.stringify(item);
    let child = known.get(name);
    known.delete(name);
    if (child?.dataset.state !== state) {
      const drawn = draw(item, child);
      drawn.dataset.key = name;
      drawn.dataset.state = state;
      if (child && child !== drawn) {
        if (place === child) place = drawn;
        child.replaceWith(drawn);
      }
      child = drawn;
    }
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const gone of known.values()) gone.remove();
}
