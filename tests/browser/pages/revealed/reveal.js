// A tab is opened, and a part is unfolded, after the page was read.
await new Promise((resolve) => setTimeout(resolve, 900));
document.querySelector("#tab").hidden = false;
document.querySelector("#more").open = true;
document.documentElement.dataset.settled = "yes";
