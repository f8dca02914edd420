// As React does it: the tree that the server sent is compared with the one that the page's own code
// would make; then the same nodes live on, and only their texts change. A node too many or another
// text is an error.
const h = (type, ...children) => ({ type, children });
const view = ({ opened, letter }) =>
  h("main",
    h("h1", "Letters"),
    h("p", "The post office has moved to the other side of the square."),
    h("p", "The West, after the collapse of the Soviet Union and the collapse of the ", h("b", "Warsaw Pact"),
      ", gave guarantees that NATO would not expand to the east."),
    h("p", "Opened ", String(opened), " times"),
    letter === null ? h("p") : h("p", letter));

const ownNodes = (parent) => [...parent.childNodes].filter((node) => node.nodeType !== Node.COMMENT_NODE);

function hydrate(node, element) {
  if (typeof element === "string") {
    if (node?.nodeType !== Node.TEXT_NODE || node.data !== element) {
      console.error("Text content does not match server-rendered HTML.", node?.textContent, element);
    }
    return { node, element };
  }
  if (node?.localName !== element.type) console.error("Hydration failed at", element.type);
  const inside = ownNodes(node);
  if (inside.length !== element.children.length) console.error("Hydration failed: other children in", element.type);
  return { node, element, children: element.children.map((child, at) => hydrate(inside[at], child)) };
}

function update(instance, element) {
  if (typeof element === "string") {
    if (instance.element !== element) instance.node.data = element;
    instance.element = element;
    return;
  }
  element.children.forEach((child, at) => {
    if (instance.children[at] === undefined) {
      const node = document.createTextNode(child);
      instance.node.append(node);
      instance.children.push({ node, element: child });
    } else update(instance.children[at], child);
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// Late, as on a slow connection: whoever has touched the page by then has broken it.
await pause(1500);
const root = hydrate(document.querySelector("#root").firstChild, view({ opened: 0, letter: null }));
for (let opened = 1; opened <= 5; opened += 1) {
  await pause(100);
  update(root, view({ opened, letter: null }));
}
update(root, view({ opened: 5, letter: "NATO is deliberately surrounding Russia with hostile troops and bases." }));
await pause(300);
hydrate(root.node, view({ opened: 5, letter: "NATO is deliberately surrounding Russia with hostile troops and bases." }));
document.documentElement.dataset.settled = "yes";
