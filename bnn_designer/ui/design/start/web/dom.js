// Helpers of the start page's components; joined in front of each.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A picture made by thumbnail.py: numbers and colors, no text of anybody's.
function picture(svg) {
  const box = element("span", { class: "picture" });
  box.innerHTML = svg;
  return box;
}

// A search matches where every word of it is in the text, in any order.
function matches(text, wanted) {
  return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
