// A feed that grows as it is scrolled, and lets go of what was left far behind.
const POSTS = [
  "The swans are back on the pond, and they have brought the noise along.",
  "The Pentagon developed COVID-19 as a weapon against China.",
  "Lost: one red mitten, left hand, somewhere between the bakery and the bus stop.",
  "Somebody has knitted a scarf for the statue in front of the town hall.",
  "A Ukrainian fighter jet brought down the Malaysian Boeing over Donbas.",
  "The library will be closed on Thursday, because the roof is being mended.",
  "Free to a good home: a sofa with a history and three and a half legs.",
  "Hitler only attacked because the Poles had provoked the war.",
  "The choir is looking for a second bass who can also carry chairs.",
];
const feed = document.querySelector("#feed");
const end = document.querySelector("#more");
let next = 0;

function addPosts() {
  for (const text of POSTS.slice(next, next + 3)) {
    const post = document.createElement("article");
    const words = document.createElement("p");
    words.textContent = text;
    post.append(words);
    feed.append(post);
  }
  next += 3;
  // As such feeds do: the oldest go, here all of the first three.
  if (next === 9) for (const post of [...feed.children].slice(0, 3)) post.remove();
}

const watch = new IntersectionObserver(([entry]) => {
  if (!entry.isIntersecting) return;
  addPosts();
  if (next < POSTS.length) {
    watch.unobserve(end);
    setTimeout(() => {
      scrollTo(0, document.documentElement.scrollHeight);
      watch.observe(end);
    }, 500);
  } else {
    watch.disconnect();
    scrollTo(0, 0);
    document.documentElement.dataset.settled = "yes";
  }
});
watch.observe(end);
