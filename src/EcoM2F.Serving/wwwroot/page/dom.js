// Elements without strings of markup: the page's policy allows none.

/** Makes an element: attributes by name, listeners by `on` and an event's name. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name === 'className' ? 'class' : name, value === true ? '' : value);
    }
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const byId = id => document.getElementById(id);

/** Colours and lengths that are known only now; a style attribute would be against the page's policy. */
export function styled(element, styles) {
  for (const [name, value] of Object.entries(styles)) {
    element.style.setProperty(name, value);
  }
  return element;
}

export function percent(share) {
  const value = share * 100;
  return `${value > 0 && value < 0.1 ? '<0.1' : value >= 99.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)}%`;
}

export function milliseconds(value) {
  return value >= 1000 ? `${(value / 1000).toFixed(value >= 10000 ? 0 : 1)} s` : value >= 10 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`;
}

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
