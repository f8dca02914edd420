// Content that comes after the page: replaced, appended, and completed word by word.
const comments = document.querySelector("#comments");
const later = (ms, change) => new Promise((resolve) => setTimeout(() => resolve(change()), ms));

await later(400, () => {
  const first = document.createElement("p");
  first.textContent = "The West, after the collapse of the Soviet Union and the collapse of the Warsaw Pact, gave guarantees that NATO would not expand to the east.";
  comments.replaceChildren(first);
});
await later(400, () => {
  const second = document.createElement("p");
  second.append("After the Soviet Union and the Warsaw Pact collapsed, ");
  comments.append(second);
});
await later(200, () => comments.lastElementChild.append("the West guaranteed that NATO would not expand eastwards."));
await later(600, () => {
  const gone = document.createElement("p");
  gone.textContent = "The West, after the collapse of the Soviet Union and the collapse of the Warsaw Pact, gave guarantees that NATO would not expand to the east.";
  comments.prepend(gone);
});
await later(900, () => comments.firstElementChild.remove());
document.documentElement.dataset.settled = "yes";
