/**
 * What runs in a page. An unlisted script rather than one of WXT's content scripts: their wrapper
 * speaks to the page's own scripts by name, and no page shall learn that this extension is there.
 */
import { defineUnlistedScript } from "wxt/utils/define-unlisted-script";
import { startPage } from "../page/page.ts";

export default defineUnlistedScript({
  globalName: false,
  main: startPage,
});
