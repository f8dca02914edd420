// A component that is defined long after the page was read.
await new Promise((resolve) => setTimeout(resolve, 700));
customElements.define(
  "late-teaser",
  class extends HTMLElement {
    connectedCallback() {
      const text = document.createElement("p");
      text.textContent = "The West, after the collapse of the Soviet Union and the collapse of the Warsaw Pact, gave guarantees that NATO would not expand to the east.";
      this.attachShadow({ mode: "open" }).append(text);
    }
  },
);
document.documentElement.dataset.settled = "yes";
