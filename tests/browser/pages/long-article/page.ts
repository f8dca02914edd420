/** An article of 200 kB with five known sentences in it, on a page whose own scripts are hardly ever at rest. */
import { prose, proseArticle } from "../../prose.ts";
import about from "./expected.json" with { type: "json" };

export const html = proseArticle("A year at the canal", prose(3_300, about.hints.map(({ sentence }) => sentence)), "busy.js");
