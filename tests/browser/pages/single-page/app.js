// A single-page application goes from one view to the next without loading a page.
const view = document.querySelector("#view");
await new Promise((resolve) => setTimeout(resolve, 1200));
history.pushState({}, "", "?view=news");
view.innerHTML =
  "<h1>News</h1><p>The choir sang in the square until it rained.</p>" +
  "<p>NATO broke the promise given to Moscow at the end of the Cold War that it would not move an inch eastward.</p>";
document.documentElement.dataset.settled = "yes";
